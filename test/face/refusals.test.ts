import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { allVerbs } from "../cli/command-line/verbs.ts";
import { refusedLines } from "./refusals.ts";
import { Stage } from "./stage.ts";

/** Their exit codes are those of tasks, so that an own error has one of its own; for submit, with --wait. */
const MIRRORING = ["run", "wait", "submit"];

test.each(await allVerbs())(
  "every wrong line of %s is refused, says what is wrong, and does nothing",
  async (name, verb) => {
    await using stage = new Stage();
    const breaches: unknown[] = [];
    for (const { kind, words } of refusedLines(name, verb)) {
      const { out, err, exit } = await stage.show(words);
      const isPlain =
        err.startsWith("stint: Cannot read the command line: ") && err.trimEnd().split("\n").length <= 2;
      const isUsage = exit === "usage" || (MIRRORING.includes(name) && exit === "ownError");
      if (out !== "" || !isPlain || !isUsage) breaches.push({ kind, words, out, err, exit });
    }
    expect(breaches).toEqual([]);
    expect(existsSync(stage.home)).toBe(false);
  },
);
