import { describe, expect, test } from "bun:test";
import { maskFor } from "../../src/run/mask.ts";
import { fc } from "../rig/fast-check.ts";

/** Passes bytes through a stream in pieces of some sizes, over and over. */
function streamed(values: readonly string[], bytes: Uint8Array, sizes: readonly number[]): Buffer {
  const out: Uint8Array[] = [];
  const stream = maskFor(values).stream((piece) => out.push(Buffer.from(piece)));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    stream.write(bytes.subarray(at, at + size));
    at += size;
  }
  stream.end();
  return Buffer.concat(out);
}

describe("maskFor()", () => {
  test.each([
    [["sesame"], "open sesame, sesame!", "open ***, ***!"],
    [["a.c*"], "abcc a.c*", "abcc ***"],
    [["short", "shorter"], "shorter short", "*** ***"],
    [
      ['two "words"'],
      '{"a": "two \\"words\\""} https://a.org/?q=two%20%22words%22',
      '{"a": "***"} https://a.org/?q=***',
    ],
    [["-----BEGIN-----\nMIIEabcdef\nxy\n"], "log: MIIEabcdef / xy", "log: *** / xy"],
    [["schlüssel"], "der schlüssel", "der ***"],
    [[], "nothing", "nothing"],
  ])("%j", (values, text, expected) => {
    expect(maskFor(values).text(text)).toBe(expected);
    for (const size of [1, 3, 1_000])
      expect(streamed(values, Buffer.from(text), [size]).toString()).toBe(expected);
  });

  test("masks a stream as it masks the whole text, however it is split", () => {
    const sign = fc.constantFrom("a", "b", "ab", "é", "\n");
    const words = fc.array(sign, { minLength: 2, maxLength: 6 }).map((signs) => signs.join(""));
    fc.assert(
      fc.property(
        fc.array(
          words.filter((word) => word.trim() !== ""),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(sign, { maxLength: 60 }).map((signs) => signs.join("")),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        (values, text, sizes) => {
          expect(streamed(values, Buffer.from(text), sizes).toString()).toBe(maskFor(values).text(text));
        },
      ),
    );
  });

  test("leaves bytes that are not UTF-8 as they are", () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0x73, 0x65, 0x73, 0x61, 0x6d, 0x65, 0x80]);
    expect([...streamed(["sesame"], bytes, [2])]).toEqual([0xff, 0xfe, 0x2a, 0x2a, 0x2a, 0x80]);
  });
});
