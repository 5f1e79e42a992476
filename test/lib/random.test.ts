import { expect, test } from "bun:test";
import { systemRandom, uuid } from "../../src/lib/random.ts";

test("uuid() is of version 7, never the same, in the order of its making", () => {
  const made = Array.from({ length: 1_000 }, uuid);
  expect(
    made.every((text) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text)),
  ).toBeTrue();
  expect(new Set(made).size).toBe(made.length);
  expect(made.toSorted()).toEqual(made);
});

test("systemRandom() draws from [0, 1)", () => {
  const draws = Array.from({ length: 1_000 }, systemRandom);
  expect(Math.min(...draws)).toBeWithin(0, 0.1);
  expect(Math.max(...draws)).toBeWithin(0.9, 1);
});
