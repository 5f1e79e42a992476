import { describe, expect, test } from "bun:test";
import { formatAsked, formatBytes, parseBytes } from "../../src/lib/bytes.ts";
import { fc } from "../rig/fast-check.ts";

const GIB = 2 ** 30;

test.each([
  ["900GB", "900 GB"],
  ["1TB", "1 TB"],
  ["1500MB", "1500 MB"],
  ["8GiB", "8 GiB"],
  ["1.5GiB", "1.5 GiB"],
  ["3kB", "2.9 KiB"],
])("a size of %s is told as %s", (text, told) => {
  expect(formatAsked(parseBytes(text) ?? 0)).toBe(told);
});

describe("parseBytes()", () => {
  test.each([
    ["8GB", 8e9],
    ["8GiB", 8 * GIB],
    ["16G", 16 * GIB],
    ["16g", 16 * GIB],
    ["512MiB", 512 * 2 ** 20],
    ["1.5 GiB", 1.5 * GIB],
    [" 12 B ", 12],
    ["3k", 3_072],
    ["3kB", 3_000],
    ["2TiB", 2 * 2 ** 40],
    ["2tb", 2e12],
    ["0.3kB", 300],
  ])("reads %j", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    "8",
    "0",
    "8.5",
    "",
    " ",
    "GB",
    "-1GB",
    "+1GB",
    "1.GB",
    ".5GB",
    "1,5GB",
    "8 GB RAM",
    "8GBs",
    "8e3MB",
    "40%",
    "9000000TiB",
  ])("refuses %j", (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  test("refuses units that are names of Object.prototype", () => {
    expect(["constructor", "valueOf", "__proto__"].map((unit) => parseBytes(`8${unit}`))).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("formatBytes()", () => {
  test.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1 KiB"],
    [1_536, "1.5 KiB"],
    [512 * 2 ** 20, "512 MiB"],
    [8e9, "7.5 GiB"],
    [2 ** 20 - 1, "1 MiB"],
    [2_000 * 2 ** 40, "2000 TiB"],
  ])("writes %d", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("is read back as the same number, within its decimal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
        const read = parseBytes(formatBytes(bytes)) ?? Number.NaN;
        expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes * 0.05);
      }),
    );
  });

  test("never writes 1,024 or more of a unit that has a larger one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_023 * 2 ** 40 }), (bytes) => {
        expect(Number.parseFloat(formatBytes(bytes))).toBeLessThan(1_024);
      }),
    );
  });
});
