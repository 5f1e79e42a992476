import { describe, expect, test } from "bun:test";
import { splitWords } from "../../src/intake/words.ts";
import type { AnyMode } from "../../src/model/kind.ts";
import { draftIn } from "./rig.ts";

const modeIn = (text: string): AnyMode => draftIn(text).spec.kind.mode;

describe("readSubmission() on scripts", () => {
  test.each([
    ["#!/bin/sh", "sh"],
    ["#!/bin/bash", "bash"],
    ["#!/usr/local/bin/node", "node"],
    ["#! /usr/bin/python3", "python"],
    ["#!/usr/bin/env python3", "python"],
    ["#!/usr/bin/env bun", "bun"],
    // What is more than a known name is kept whole, as the kernel would read it.
    ["#!/bin/bash -eu", { command: "/bin/bash", flag: "-eu" }],
    ["#!/home/ada/venv/bin/python", { command: "/home/ada/venv/bin/python" }],
    ["#!/usr/bin/env -S python3 -u", { command: "/usr/bin/env", flag: "-S python3 -u" }],
    ["#!/usr/bin/perl -w", { command: "/usr/bin/perl", flag: "-w" }],
    ["#!/usr/bin/env ruby", { command: "/usr/bin/env", flag: "ruby" }],
    ["echo no shebang", "sh"],
    ["#!", "sh"],
  ])("%s", (line, runtime) => {
    expect(modeIn(`script: |\n  ${line}\n  work\n`)).toMatchObject({ type: "script", runtime });
  });

  test.each([
    ["run: work", "bash"],
    ["script: work", "bash"],
    ["run: |\n  #!/bin/sh\n  work", "sh"],
    ["run: |\n  #!/usr/bin/env python3\n  work", "python"],
    ["run: work\nruntime: sh", "sh"],
    // An image may have no bash.
    ["run: work\ncontainer: {image: a}", "sh"],
    ["run: work\nruntime: bash\ncontainer: {image: a}", "bash"],
  ])("of %j takes the machine's shell where it names no other", (text, runtime) => {
    expect(draftIn(text, { defaults: { runtime: "bash" } }).spec.kind.mode).toMatchObject({ runtime });
  });

  test("prefers the runtime that is given to the first line of the script", () => {
    expect(modeIn("runtime: Bash\nscript: |\n  #!/usr/bin/env python3\n  work\n")).toMatchObject({
      runtime: "bash",
    });
  });

  test("gives a script its arguments", () => {
    expect(modeIn("script: a\nargs: [b, '']")).toMatchObject({ args: ["b", ""] });
  });
});

describe("readSubmission() on a task without a name", () => {
  test.each([
    ["run: python train.py --lr 0.1", "train-lr-0.1"],
    ["command: [/usr/bin/python3, -u, /data/my jobs/train.py]", "train"],
    ["command: [sh, -c, 'echo hi; sleep 1']", "echo-hi-sleep-1"],
    ["command: [bash, -lc, 'cd /data && A=b python -m pkg.train > log 2>&1']", "pkg.train"],
    ["command: [env, A=b, nohup, nice, -n, '10', ./bin/eval.sh, fast]", "eval-fast"],
    ["run: uv run --frozen python train.py", "train"],
    ["run: bash", "bash"],
    ["command: [python, -c, 'print(1)']", "python-c-print-1"],
    ["script: |\n  #!/bin/bash\n  set -eu\n\n  # first\n  make all\n", "make-all"],
    ["run: ./12", "job"],
    [`run: ${"word ".repeat(20)}`, "word-word-word-word-word-word-word-word"],
    ["run: 界 界", "job"],
  ])("%j", (text, name) => {
    expect(draftIn(text).name).toBe(name);
  });
});

describe("splitWords()", () => {
  test.each([
    ["", []],
    ["  a\tb\n c ", ["a", "b", "c"]],
    [`a "b c" 'd "e'`, ["a", "b c", 'd "e']],
    [`a"b"'c'd`, ["abcd"]],
    [`"" ''`, ["", ""]],
    [`a\\ b \\"c`, ["a b", '"c']],
    [`"\\$ \\n \\" \\\\"`, ['$ \\n " \\']],
    ["a\\\nb", ["ab"]],
    ["$HOME *.py | wc", ["$HOME", "*.py", "|", "wc"]],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual({ ok: true, value: words });
  });

  test.each([
    [`a 'b`, "a quote (') is not closed"],
    [`a "b\\"`, 'a quote (") is not closed'],
    ["a \\", "it ends with a backslash"],
  ])("%j is refused", (line, error) => {
    expect(splitWords(line)).toEqual({ ok: false, error });
  });

  test("splits as a shell does", () => {
    for (const line of [`a "b  c"'d'\\ e`, `"\\x\\"\\\\" '\\'`, `--x="y z" ''`]) {
      const shell = Bun.spawnSync(["sh", "-c", `printf '%s\\0' ${line}`]);
      expect(splitWords(line)).toEqual({ ok: true, value: shell.stdout.toString().split("\0").slice(0, -1) });
    }
  });
});
