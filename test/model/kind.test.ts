import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import { describeKind, type Kind, kind, MAX_SCRIPT_BYTES, type Mode } from "../../src/model/kind.ts";
import { anyText } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { aSpec } from "../rig/tasks.ts";

const valid = aSpec().kind;
const command = (name: string, ...args: string[]): Mode => ({ type: "command", command: name, args });
const script = (body: string): Mode => ({ type: "script", runtime: "sh", body, args: [] });
const isValid = (change: object): boolean => check(kind, { ...valid, ...change }).ok;

describe("kind", () => {
  test.each([
    ["a command", { mode: command("/bin/echo", "", "a b", "'\"$") }],
    ["a script", { mode: script("echo 1\n") }],
    ["any program as a runtime", { mode: { ...script("1"), runtime: { command: "perl", flag: "-w" } } }],
    ["a runtime without a flag", { mode: { ...script("1"), runtime: { command: "perl" } } }],
    ["the largest body there is", { mode: script("x".repeat(MAX_SCRIPT_BYTES)) }],
    ["an empty variable", { env: { EMPTY: "" } }],
    ["an umask", { umask: "077" }],
    ["an umask with its zero", { umask: "0027" }],
    ["names of variables", { environment: { policy: "allowlist", names: ["HOME"] } }],
  ])("takes %s", (_what, change) => {
    expect(isValid(change)).toBeTrue();
  });

  test.each([
    ["no command", { mode: command("") }],
    ["a NUL in a command", { mode: command("a\0b") }],
    ["a NUL in an argument", { mode: command("a", "b\0") }],
    ["a NUL in a variable", { env: { A: "\0" } }],
    ["a NUL in the folder", { cwd: "/tmp\0/x" }],
    ["a folder that is not absolute", { cwd: "tmp" }],
    ["a variable without a name", { env: { "": "x" } }],
    ["a variable with = in its name", { env: { "A=B": "x" } }],
    ["an empty script", { mode: script("") }],
    [
      "a body that is too large in bytes, not in characters",
      { mode: script("ü".repeat(MAX_SCRIPT_BYTES / 2 + 1)) },
    ],
    ["an unknown runtime", { mode: { ...script("1"), runtime: "perl" } }],
    ["an umask that is none", { umask: "999" }],
    ["an umask as a number", { umask: 18 }],
    ["another kind", { type: "docker" }],
    ["both modes at once", { mode: { ...command("a"), body: "x" } }],
    ["a key too many", { shell: true }],
  ])("refuses %s", (_what, change) => {
    expect(isValid(change)).toBeFalse();
  });
});

describe("describeKind()", () => {
  const described = (mode: Mode): string => describeKind({ ...valid, mode } satisfies Kind);

  test.each([
    [command("python", "train.py", "--lr=3e-4"), "python train.py --lr=3e-4"],
    [command("sh", "-c", "exit 3"), "sh -c 'exit 3'"],
    [command("echo", "it's"), "echo 'it'\\''s'"],
    [command("echo", ""), "echo ''"],
    [script("\n  set -e\nmake"), "set -e"],
  ])("%#: %j is `%s`", (mode, text) => {
    expect(described(mode)).toBe(text);
  });

  test("gives a shell the same arguments as the task", () => {
    const anyArgument = fc.oneof(
      anyText,
      fc.constantFrom("", "'", "''", "\\", "$HOME", "`id`", "a\nb", "~", "*", "#", "!", "{a,b}"),
    );
    // Text that is not UTF-8 (half of a surrogate pair) cannot be an argument.
    const anyArguments = fc.array(anyArgument, { minLength: 1, maxLength: 5 });
    const samples = fc.sample(anyArguments, 200).filter((args) => args.every((text) => text.isWellFormed()));
    const lines = samples.map(
      (args) => `${described(command("printf", "<%s>\\0", ...args))}; printf 'END\\0'`,
    );
    const { stdout } = Bun.spawnSync(["/bin/sh", "-c", lines.join("\n")]);
    const printed = samples.map((args) => `${args.map((text) => `<${text}>\0`).join("")}END\0`);
    expect(stdout.toString()).toBe(printed.join(""));
  });
});
