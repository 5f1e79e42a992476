import { describe, expect, test } from "bun:test";
import { SACCT, SCANCEL } from "../../../src/cli/slurm/grammars.ts";
import { slurmWords } from "../../../src/cli/slurm/words.ts";

describe("the words of a program of Slurm", () => {
  const read = (line: string, grammar: Parameters<typeof slurmWords>[1] = SACCT): unknown => {
    const given = slurmWords(line.split(" "), grammar);
    if ("unknown" in given) return given;
    return { ...Object.fromEntries(given.options), words: given.words };
  };

  test.each([
    ["-o JobID,State --parsable2 -j 1 -j 2", { format: ["JobID,State"], parsable2: [""], jobs: ["1", "2"] }],
    ["--format=JobID -nPj 7", { format: ["JobID"], noheader: [""], parsable2: [""], jobs: ["7"] }],
    ["-nj7 --noheader", { noheader: ["", ""], jobs: ["7"] }],
  ])("%s", (line, options) => {
    expect(read(line)).toEqual({ ...options, words: [] });
  });

  test("may stand behind others, and one that is no option is named", () => {
    expect(read("12_3 --signal USR2 13", SCANCEL)).toEqual({ signal: ["USR2"], words: ["12_3", "13"] });
    expect(read("-nz")).toEqual({ unknown: "-z" });
    expect(read("--nosuch=1")).toEqual({ unknown: "--nosuch=1" });
  });
});
