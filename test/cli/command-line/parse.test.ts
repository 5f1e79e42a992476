import { describe, expect, test } from "bun:test";
import { declareVerb, type Operand } from "../../../src/cli/command-line/declare.ts";
import { parse } from "../../../src/cli/command-line/parse.ts";
import { DURATION, PAIR, textValue, wholeNumber } from "../../../src/cli/command-line/values.ts";

const FLAGS = {
  follow: { help: "", short: "f" },
  tail: { help: "", short: "n", value: wholeNumber(0, 100), aliases: ["lines"] },
  name: { help: "", value: textValue("NAME") },
  olderThan: { help: "", value: DURATION, default: "0s" },
  label: { help: "", value: PAIR, repeats: true },
  dryRun: { help: "", excludes: ["follow"] },
} as const;

function read(
  line: readonly string[],
  { operands = [], takesCommand = false }: { operands?: readonly Operand[]; takesCommand?: boolean } = {},
) {
  const verb = declareVerb({
    flags: FLAGS,
    operands,
    run: () => 0,
    ...(takesCommand && { takesCommand: true }),
  });
  return parse(verb, { name: "do", typed: line });
}

const FILES: Operand = { name: "FILE", count: "any", help: "files" };
const ONE: Operand = { name: "TASK", count: "one", help: "a task" };

describe("parse()", () => {
  test.each([
    [["--tail", "3"], { tail: 3 }],
    [["--tail=3"], { tail: 3 }],
    [["--lines", "3"], { tail: 3 }],
    [["-n", "3"], { tail: 3 }],
    [["-n3"], { tail: 3 }],
    [["-fn3"], { follow: true, tail: 3 }],
    [["-f", "--tail", "1", "--tail", "2"], { follow: true, tail: 2 }],
    [["--name=a=b"], { name: "a=b" }],
    [["--name", "-5"], { name: "-5" }],
    [["--name", "-"], { name: "-" }],
    [["--name=--follow"], { name: "--follow" }],
    [["--older-than", "2s"], { olderThan: 2_000 }],
    [
      ["--label", "a=1", "--label=b="],
      {
        label: [
          ["a", "1"],
          ["b", ""],
        ],
      },
    ],
    [["--home", "/x"], { home: "/x" }],
  ])("reads %j", (line, flags) => {
    expect(read(line)).toEqual({
      ok: true,
      value: { flags: { olderThan: 0, ...flags }, operands: [], words: null },
    });
  });

  test.each([
    [["--tail", "x"], '--tail is "x", wanted a whole number from 0 to 100', undefined],
    [["-n", "101"], '--tail is "101", wanted a whole number from 0 to 100', undefined],
    [["-fnx"], '--tail is "x", wanted', undefined],
    [["--tail"], "--tail has no value, wanted a whole number", "write --tail N"],
    [["--tail", "--", "3"], "--tail has no value", "write --tail N"],
    [["--name", "--follow"], "--name has no value", "if --follow is its value: --name=--follow"],
    [["--name", "-fn3"], "--name has no value", "if -fn3 is its value: --name=-fn3"],
    [["--name", ""], '--name is "", wanted text that is not empty', undefined],
    [["--follow=yes"], '--follow is "yes", wanted --follow alone', undefined],
    [["--folow"], '"do" has no flag "--folow"', "did you mean --follow?"],
    [["--olderThan", "1s"], '"do" has no flag "--olderThan"', "did you mean --older-than?"],
    [["--constructor"], '"do" has no flag "--constructor"', "its flags: stint do --help"],
    [["-fx"], '"do" has no flag "-x"', "its flags: stint do --help"],
    [["-5"], '"do" has no flag "-5"', "its flags: stint do --help"],
    [["--dry-run", "-f"], "--dry-run and --follow cannot be combined", undefined],
    [["--label", "a"], '--label is "a", wanted NAME=VALUE', undefined],
    [["--home", ""], '--home is "", wanted a folder', undefined],
    [["more"], '"more" is one word too many', "usage: stint do [FLAG…]"],
  ])("refuses %j", (line, message, hint) => {
    expect(read(line)).toEqual({
      ok: false,
      error: {
        code: "USAGE",
        message: expect.stringContaining(`Cannot read the command line: ${message}`),
        ...(hint !== undefined && { hint }),
      },
    });
  });

  test("counts operands, and shows the usage where there are too few or too many", () => {
    expect(read(["1"], { operands: [ONE] })).toMatchObject({ value: { operands: ["1"] } });
    const hint = "usage: stint do [FLAG…] TASK";
    expect(read([], { operands: [ONE] })).toMatchObject({ error: { hint } });
    expect(read(["1", "2"], { operands: [ONE] })).toMatchObject({ error: { hint } });
    const choice = { ...ONE, choices: ["bash", "zsh"] };
    expect(read(["zhs"], { operands: [choice] })).toMatchObject({
      error: {
        message: expect.stringContaining('TASK is "zhs", wanted one of bash, zsh'),
        hint: 'did you mean "zsh"?',
      },
    });
  });

  test("takes several words for a flag only where none of them can be an operand", () => {
    const labels = [
      ["a", "1"],
      ["b", "2"],
    ];
    const line = ["--label", "a=1", "b=2"];
    expect(read(line)).toMatchObject({ value: { flags: { label: labels }, operands: [] } });
    expect(read(line, { operands: [FILES] })).toMatchObject({
      value: { flags: { label: [["a", "1"]] }, operands: ["b=2"] },
    });
    expect(read([...line, "--", "x"], { operands: [FILES], takesCommand: true })).toMatchObject({
      value: { flags: { label: labels }, operands: [], words: ["x"] },
    });
    expect(read(["1", ...line], { operands: [ONE] })).toMatchObject({
      value: { flags: { label: labels }, operands: ["1"] },
    });
  });

  test("leaves all after -- to the job, or takes it for operands where no job can be", () => {
    const words = ["x", "--tail", "y", "--", "-h"];
    expect(read(["-f", "--", ...words], { takesCommand: true })).toMatchObject({
      value: { flags: { follow: true }, operands: [], words },
    });
    expect(read(["a", "--", "-f"], { operands: [FILES] })).toMatchObject({
      value: { flags: { olderThan: 0 }, operands: ["a", "-f"], words: null },
    });
  });
});
