import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { classify } from "../../src/model/classify.ts";
import type { Ending } from "../../src/model/evidence.ts";
import { exited, killedBy } from "../rig/tasks.ts";

interface Tail {
  readonly title: string;
  readonly code: string;
  readonly ending: Ending;
  readonly logTail: string;
}

/** `==== CODE exit 1: title` or `==== CODE signal SIGABRT: title`, and the tail up to the next one. */
function tailsIn(text: string): Tail[] {
  return text
    .split(/^==== /m)
    .slice(1)
    .map((part) => {
      const [head = "", ...lines] = part.split("\n");
      const [, code = "", how, value = "", title = ""] = /^(\w+) (exit|signal) (\w+): (.+)$/.exec(head) ?? [];
      const ending = how === "exit" ? exited(Number(value)) : killedBy(value);
      return { title, code, ending, logTail: lines.join("\n").trimEnd() };
    });
}

const tails = tailsIn(readFileSync("test/fixtures/failure-tails.txt", "utf8"));

function codeOf({ ending, logTail }: Tail, before = ""): string {
  const verdict = classify({ ending, stop: null, oomKilled: false, logTail: before + logTail }, true);
  return "failure" in verdict ? verdict.failure.code : verdict.type;
}

test.each(tails.map((tail) => [tail.code, tail.title, tail] as const))("%s: %s", (code, _title, tail) => {
  expect(codeOf(tail)).toBe(code);
});

test("an earlier error that the job survived changes no verdict", () => {
  const survived = [
    "WARNING:fetch:429 Client Error: Too Many Requests, retrying in 3s",
    "warning: hash mismatch in the cache, fetched again",
    "epoch 1 loss 0.3",
    "Traceback (most recent call last):",
    '  File "x.py", line 1, in f',
    "torch.OutOfMemoryError: CUDA out of memory.",
    ...Array.from({ length: 60 }, (_, step) => `epoch 2 step ${step} loss 0.3`),
    "",
  ].join("\n");
  for (const tail of tails) expect([tail.title, codeOf(tail, survived)]).toEqual([tail.title, tail.code]);
});

test("there are at least 60 failure tails", () => {
  expect(tails.length).toBeGreaterThanOrEqual(60);
  expect(new Set(tails.map(({ title }) => title)).size).toBe(tails.length);
});
