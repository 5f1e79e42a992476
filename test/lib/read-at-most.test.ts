import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { readAtMost } from "../../src/lib/read-at-most.ts";

test.each([
  ["/dev/zero", 100_000, 100_001],
  ["/dev/null", 100_000, 0],
  [import.meta.path, 10, 11],
])("readAtMost() reads of %s only what shows that it is too long", (path, most, length) => {
  const file = openSync(path, "r");
  expect(readAtMost(file, most)).toHaveLength(length);
  closeSync(file);
});
