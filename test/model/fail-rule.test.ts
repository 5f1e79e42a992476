import { describe, expect, test } from "bun:test";
import { failRule, holdsFor, RULE_PATTERN } from "../../src/model/fail-rule.ts";
import { fc } from "../rig/fast-check.ts";

describe("failRule()", () => {
  test.each([
    ["nan", "nan"],
    [" NaN ", "nan"],
    ["inf", "inf"],
    [">10", "> 10"],
    ["<=  -1e3", "<= -1000"],
    ["!= .5", "!= 0.5"],
    ["", null],
    ["10", null],
    ["> x", null],
    ["> 1e999", null],
    [">> 1", null],
    ["> 1 or nan", null],
  ])("reads %j as %j", (typed, rule) => {
    expect(failRule(typed)).toBe(rule);
  });

  test("agrees with the pattern of the schema", () => {
    const sign = fc.constantFrom(..."<>=! nNaAiIfF.-+eE0123".split(""));
    const text = fc.array(sign, { maxLength: 6 }).map((signs) => signs.join(""));
    fc.assert(
      fc.property(text, (typed) => {
        expect([typed, new RegExp(RULE_PATTERN, "u").test(typed)]).toEqual([typed, failRule(typed) !== null]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("holdsFor()", () => {
  test("compares numbers as JavaScript does", () => {
    const number = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(number, number, (left, right) => {
        const held = ["<", "<=", ">", ">=", "==", "!="].map((sign) =>
          holdsFor(failRule(`${sign} ${right}`) ?? "", left),
        );
        expect(held).toEqual([
          left < right,
          left <= right,
          left > right,
          left >= right,
          left === right,
          left !== right,
        ]);
      }),
    );
  });

  test.each([
    ["nan", "nan", true],
    ["nan", 1, false],
    ["nan", null, false],
    ["inf", "-inf", true],
    ["> 10", "inf", true],
    ["> 10", "-inf", false],
    ["!= 1", "nan", false],
    ["> 10", "11", false],
    ["> 10", [11], false],
    ["> 10", undefined, false],
  ])("%j for %j is %j", (rule, value, holds) => {
    expect(holdsFor(rule, value)).toBe(holds);
  });
});
