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
  ["a bug", new Error("a bug")],
  ["an error of Node's own", Object.assign(new Error("bad"), { code: "ERR_INVALID_ARG_TYPE" })],
  ["a number for a code", Object.assign(new Error("bad"), { code: 2 })],
  ["a word for a code", Object.assign(new Error("bad"), { code: "EnoEnt" })],
  ["no error at all", { code: "ENOENT" }],
  ["a text", "ENOENT"],
  ["null", null],
])("errnoOf() is null for %s", (_what, thrown) => {
  expect(errnoOf(thrown)).toBeNull();
});
