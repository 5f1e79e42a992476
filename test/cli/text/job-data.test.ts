import { expect, test } from "bun:test";
import { failText, valuesOf } from "../../../src/cli/text/job-data.ts";

test("valuesOf() is one line whatever a job wrote, and short", () => {
  expect(valuesOf({ lr: 0.1, who: "ada", text: "a b", list: [1, { a: 2 }], none: null })).toBe(
    'lr=0.1 who=ada text="a b" list=[1,{"a":2}] none=null',
  );
  expect(valuesOf({ "a\nb": "c\nd" })).toBe('"a\\nb"="c\\nd"');
  expect(valuesOf({ long: "x".repeat(500) }).length).toBeLessThan(80);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`n${index}`, index]));
  expect(valuesOf(many)).toEndWith("n23=23 … and 76 more");
});

test("failText() has the rules of each name", () => {
  expect(failText({ acc: ["nan"], loss: ["nan", "> 10"] })).toBe("acc: nan, loss: nan or > 10");
});
