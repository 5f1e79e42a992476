import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isMissing, tryFs } from "../../src/store/fs-errors.ts";
import { errorOf } from "../rig/results.ts";

const refuse = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: the system says no`), { code });
};

describe("onDisk()", () => {
  test.each([
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["EROFS", "HOME_UNUSABLE"],
    ["EACCES", "HOME_UNUSABLE"],
    ["EPERM", "HOME_UNUSABLE"],
    ["EIO", "WRITE_FAILED"],
    ["EMFILE", "WRITE_FAILED"],
  ] as const)("turns %s into a problem that says what was tried and what to do", (errno, code) => {
    const problem = errorOf(tryFs("queue the tasks", refuse(errno)));
    expect(problem.code).toBe(code);
    expect(problem.message).toStartWith("Cannot queue the tasks: ");
    expect(problem.message).toContain(errno);
    expect(problem.hint).not.toBeUndefined();
  });

  test("says in words first what the system refused", () => {
    expect(errorOf(tryFs("read it", () => readFileSync("/does/not/exist"))).message).toBe(
      "Cannot read it: no such file or directory (ENOENT, open '/does/not/exist')",
    );
  });

  test("returns the result, and rethrows a bug", () => {
    expect(tryFs("do it", () => 7)).toEqual({ ok: true, value: 7 });
    expect(() => tryFs("do it", () => JSON.parse("{") as unknown)).toThrow(SyntaxError);
  });
});

describe("isMissing()", () => {
  test("is true for a missing file, false for a success, and throws anything else", () => {
    expect(isMissing(() => readFileSync("/does/not/exist"))).toBeTrue();
    expect(isMissing(() => readFileSync("/dev/null"))).toBeFalse();
    expect(() => isMissing(() => readFileSync("/"))).toThrow("EISDIR");
    expect(() => isMissing(refuse("EACCES"))).toThrow("EACCES");
  });
});
