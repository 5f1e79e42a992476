import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import {
  idFromFileName,
  MAX_NAME_LENGTH,
  makeTaskId,
  nameFrom,
  numberOf,
  taskId,
  taskName,
} from "../../src/model/identity.ts";
import { anyText } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";

const anyNumber = fc.integer({ min: 1, max: 999_999_999_999 });
const anyName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,127}$/);

describe("nameFrom()", () => {
  test.each([
    ["python train.py --lr 3e-4", "python-train.py-lr-3e-4"],
    ["/usr/bin/env", "usr-bin-env"],
    ["train", "train"],
    ["3d-unet", "d-unet"],
    ["./run.sh", "run.sh"],
    ["naïve schön", "na-ve-sch-n"],
    ["..", "task"],
    ["", "task"],
    ["42", "task"],
    ["日本語", "task"],
    ["a/", "a"],
    ["long ".repeat(20), "long-long-long-long-long-long-long-long"],
  ])("makes a name of %j", (text, name) => {
    expect(nameFrom(text)).toBe(name);
  });

  test("is always a valid name of at most 40 characters, and is idempotent", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ maxLength: 300 })), (text) => {
        const name = nameFrom(text);
        expect(check(taskName, name).ok).toBeTrue();
        expect(name.length).toBeLessThanOrEqual(40);
        expect(name).toMatch(/[A-Za-z0-9]$/);
        expect(nameFrom(name)).toBe(name);
      }),
    );
  });
});

describe("makeTaskId()", () => {
  test.each([
    [1, "train", "000001-train"],
    [12, "train-resnet", "000012-train-resnet"],
    [999_999, "a", "999999-a"],
    [1_000_000, "a", "1000000-a"],
    [7, "x-12.v2_b", "000007-x-12.v2_b"],
  ])("makes %d and %j to %j", (number, name, id) => {
    expect<string>(makeTaskId(number, name)).toBe(id);
  });

  test("is read back from its file name, with its number, and always fits a file system", () => {
    fc.assert(
      fc.property(anyNumber, anyName, (number, name) => {
        const id = makeTaskId(number, name);
        expect(check(taskId, id).ok).toBeTrue();
        expect(numberOf(id)).toBe(number);
        expect(idFromFileName(`${id}.json`)).toBe(id);
        // The longest name that is ever made of it: a staged file in tmp/.
        expect(Buffer.byteLength(`${id}.json.${"u".repeat(36)}.tmp`)).toBeLessThanOrEqual(255);
      }),
    );
  });

  test("sorts by number as text, up to a million tasks", () => {
    const number = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(number, number, anyName, (left, right, name) => {
        expect(makeTaskId(left, name) < makeTaskId(right, name)).toBe(left < right);
      }),
    );
  });

  test.each([
    [1, ""],
    [1, "9lives"],
    [1, ".."],
    [1, "a/b"],
    [1, "a b"],
    [1.5, "a"],
    [-1, "a"],
  ])("throws for %d and %j", (number, name) => {
    expect(() => makeTaskId(number, name)).toThrow();
  });
});

describe("idFromFileName()", () => {
  test.each([
    "train.json",
    "000001-train",
    "000001-train.json~",
    ".000001-train.json",
    "000001-train.json.swp",
    "12-train.json",
    "000001-.json",
    "000001.json",
    "000001-9.json",
    "000001-a b.json",
    ".corrupt",
    "000001-a\n.json",
    `000001-${"x".repeat(240)}.json`,
  ])("is null for %j", (name) => {
    expect(idFromFileName(name)).toBeNull();
  });
});

describe("taskName", () => {
  test.each(["", "1a", "-a", ".a", "..", "@", "a b", "a/b", "ä", "a\n", "x".repeat(MAX_NAME_LENGTH + 1)])(
    "refuses %j",
    (name) => {
      expect(check(taskName, name).ok).toBeFalse();
    },
  );

  test.each(["a", "A-1_b.c", "a..", "x".repeat(MAX_NAME_LENGTH)])("takes %j", (name) => {
    expect(check(taskName, name).ok).toBeTrue();
  });
});
