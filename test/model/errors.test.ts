import { describe, expect, test } from "bun:test";
import { ERRORS, EXIT, MIRROR_EXIT, problem } from "../../src/model/errors.ts";

describe("EXIT", () => {
  test("is the table of exit codes", () => {
    expect(EXIT).toEqual({
      done: 0,
      failed: 1,
      usage: 2,
      notFound: 3,
      conflict: 4,
      noSupervisor: 5,
      invalidTask: 6,
      refused: 7,
      internal: 70,
      outputLost: 74,
    });
    expect(MIRROR_EXIT).toEqual({ expired: 124, ownError: 125, cancelled: 130 });
  });
});

describe("ERRORS", () => {
  test.each(Object.entries(ERRORS))(
    "give %s a meaning and a non-zero exit code",
    (code, { exit, meaning }) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(meaning).toMatch(/^[a-z].{8,}[^.]$/);
      expect(EXIT[exit]).toBeGreaterThan(0);
    },
  );
});

test("problem() has a hint only if one is given", () => {
  expect(problem("USAGE", "no")).toEqual({ code: "USAGE", message: "no" });
  expect(problem("USAGE", "no", "yes")).toEqual({ code: "USAGE", message: "no", hint: "yes" });
});
