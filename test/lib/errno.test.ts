import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { errnoOf } from "../../src/lib/errno.ts";

test.each([
  ["what the system refuses", () => readFileSync("/does/not/exist"), "ENOENT"],
  ["a folder read as a file", () => readFileSync("/"), "EISDIR"],
])("errnoOf() names %s", (_what, work, errno) => {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  expect(errnoOf(thrown)).toBe(errno);
});

test.each([
  [new Error("a bug")],
  [Object.assign(new Error("Node's own"), { code: "ERR_INVALID_ARG_TYPE" })],
  [Object.assign(new Error("a number"), { code: 2 })],
  [Object.assign(new Error("a word"), { code: "EnoEnt" })],
  [{ code: "ENOENT" }],
  ["ENOENT"],
  [null],
])("errnoOf() is null for %p", (thrown) => {
  // Node's own errors begin with E too; they are bugs of ours.
  expect(errnoOf(thrown)).toBeNull();
});
