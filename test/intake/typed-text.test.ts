import { expect, test } from "bun:test";
import { flagValue } from "../../src/intake/typed-text.ts";
import { readYaml } from "../../src/intake/yaml-text.ts";

test.each(["0", "7", "123456789012345", "90s", "6h", "250ms", "2d", "8GB", "512MiB", "16G", "4K", "1B"])(
  "%s means without the reader of YAML what it means with it",
  async (typed) => {
    const documents = readYaml(typed);
    const [read] = documents.ok ? documents.value.values : [];
    expect(await flagValue(typed, "", false)).toEqual({ ...read, span: { start: 0, end: 0 } } as never);
  },
);

test.each([
  ["0x10", 16],
  ["1e3", 1000],
  ["1.5", 1.5],
  ["007", 7],
  ["true", true],
])("%s is still read as YAML", async (typed, data) => {
  expect(await flagValue(typed, "", false)).toMatchObject({ data, text: typed });
});

test.each(["two\nlines", "a # b", "it's", "C:\\data", "a  b"])(
  "%j is the text that was typed",
  async (typed) => {
    expect(await flagValue(typed, "", false)).toMatchObject({ data: typed });
  },
);

test.each([
  ['"a # b"', "a # b"],
  [" high ", "high"],
])("%j is read without what is around it", async (typed, data) => {
  expect(await flagValue(typed, "", false)).toMatchObject({ data });
});
