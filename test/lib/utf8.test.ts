import { expect, test } from "bun:test";
import { decodeUtf8 } from "../../src/lib/utf8.ts";

test.each([
  ["a\nb\u00e9\ufffd", { ok: true, value: "a\nb\u00e9\ufffd" }],
  ["\ufeffa", { ok: true, value: "\ufeffa" }],
  ["", { ok: true, value: "" }],
] as const)("UTF-8 is decoded: %j", (text, expected) => {
  expect(decodeUtf8(Buffer.from(text))).toEqual(expected);
});

test.each([
  ["\xe9", 1],
  ["a\nb\n\xe9\nc\xe9", 3],
  // A character that a newline cuts short.
  ["a\n\xc3\nb", 2],
  ["a\nb\xc3", 2],
] as const)("other bytes are refused with the first line that has some: %j", (text, line) => {
  const error = `line ${line} is not UTF-8 text`;
  expect(decodeUtf8(Buffer.from(text, "latin1"))).toEqual({ ok: false, error });
});
