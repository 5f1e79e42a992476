import { describe, expect, test } from "bun:test";
import { lastWords } from "../../src/model/last-words.ts";
import { cpuMsOf } from "../rig/cpu-time.ts";
import { fc } from "../rig/fast-check.ts";

const finalOf = (...lines: string[]): string => lastWords(lines.join("\n")).final;
const TRACEBACK = ["Traceback (most recent call last):", '  File "x.py", line 1, in <module>', "    f()"];

describe("lastWords() finds the final error", () => {
  test.each([
    ["of Python", "KeyError: 'x'", ["ERROR: before", ...TRACEBACK, "KeyError: 'x'", "bye"]],
    ["without a message", "AssertionError", [...TRACEBACK, "AssertionError"]],
    ["of a class that is called otherwise", "queue.Empty", [...TRACEBACK, "queue.Empty"]],
    [
      "of a syntax",
      "SyntaxError: invalid",
      ['  File "x.py", line 1', "    a b", "     ^", "SyntaxError: invalid"],
    ],
    [
      "the start of which is cut off",
      "stop.Now: x",
      ['  File "x.py", line 1, in f', "    g()", "stop.Now: x"],
    ],
    [
      "the last of a chain",
      "ValueError: b",
      [...TRACEBACK, "KeyError: a", "", "During handling of it:", "", ...TRACEBACK, "ValueError: b"],
    ],
    ["of a rank", "ValueError: b", [...TRACEBACK, "ValueError: b"].map((line) => `[rank1]: ${line}`)],
    [
      "of a group",
      "ValueError: b",
      [
        "  + Exception Group Traceback (most recent call last):",
        ...TRACEBACK.map((line) => `    | ${line}`),
        "    | ValueError: b",
      ],
    ],
    [
      "of Node",
      "TypeError: x is not a function",
      ["TypeError: x is not a function", "    at f (/a.js:1:1)", "", "Node.js v22"],
    ],
    [
      "of Java, by its cause",
      "Caused by: a.B: x",
      ['Exception in thread "main" a.C', "\tat D", "Caused by: a.B: x", "\tat E"],
    ],
    [
      "of Rust",
      "boom",
      ["thread 'main' panicked at src/main.rs:1:2:", "boom", "note: run with `RUST_BACKTRACE=1`"],
    ],
    [
      "of an older Rust",
      "thread 'main' panicked at 'boom', a.rs:1:2",
      ["thread 'main' panicked at 'boom', a.rs:1:2"],
    ],
    ["of Go", "panic: boom", ["panic: boom", "", "goroutine 1 [running]:", "main.main()", "exit status 2"]],
    ["of C++", "  what():  boom", ["terminate called after throwing an instance of 'X'", "  what():  boom"]],
    ["of a tool", "cp: cannot stat 'a'", ["copying", "cp: cannot stat 'a'", "bye"]],
    [
      "behind a make that passes it on",
      "ld: cannot find -lx",
      ["ld: cannot find -lx", "make: *** [all] Error 1"],
    ],
    [
      "but no remark",
      "",
      ["WARNING: hash mismatch", "warning: cannot read it, skipped", "ConnectionError: x, retrying"],
    ],
    ["but none that was long ago", "", ["fatal: no such thing", "going on", "and on", "and on"]],
    ["but no metrics", "", ["epoch 3 error 0.3", "step: 4 failed 0"]],
    [
      "but none that a destructor has",
      "KeyError: a",
      [...TRACEBACK, "KeyError: a", "Exception ignored in: <f>", ...TRACEBACK, "OSError: b"],
    ],
    ["in nothing", "", []],
  ] as const)("%s", (_what, final, lines) => {
    expect(finalOf(...lines)).toBe(final);
  });

  test("together with the lines of its message, and without unrelated lines", () => {
    const { lines } = lastWords(
      [
        ...TRACEBACK,
        "X.Error: NCCL error",
        "ncclSystemError: it",
        "Last error:",
        "y",
        "wandb: refused",
        "z",
      ].join("\n"),
    );
    expect(lines).toEqual(["X.Error: NCCL error", "ncclSystemError: it", "Last error:", "y"]);
  });
});

describe("lastWords() of anything", () => {
  test("returns only lines of the tail", () => {
    const word = fc.constantFrom(
      "Error:",
      "panic: ",
      "\n",
      "Traceback (most recent call last):\n",
      '  File "',
      ":",
      "x",
      " ",
      "make: *** ",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const tail = words.join("");
        const { final, lines } = lastWords(tail);
        for (const line of [final, ...lines]) expect(tail).toContain(line);
        if (final !== "") expect(lines).toContain(final);
      }),
    );
  });

  test("takes little CPU time on a hostile tail", () => {
    const words = [
      "a.",
      "a::",
      "$",
      "Error",
      "[rank0]: ",
      "(pid=1 ",
      "  | ",
      "'",
      ": line 1: 2 ",
      "\t",
      "warning",
      "retry ",
      "error\n",
      "a: b\n",
      "thread '",
    ];
    for (const word of words) {
      const tail = word.repeat(Math.ceil(8_192 / word.length));
      expect(cpuMsOf(() => lastWords(tail))).toBeLessThan(100);
    }
  });
});
