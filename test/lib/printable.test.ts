import { describe, expect, test } from "bun:test";
import { asLines, oneLine, ownSequence, printable } from "../../src/lib/printable.ts";

const ESC = "\u001b";

describe("printable()", () => {
  test.each([
    ["a\tb\nc", "a\tb\nc"],
    [`${ESC}[31mred${ESC}]0;x\u0007`, "\\u001b[31mred\\u001b]0;x\\u0007"],
    ["\r\u007f\u009b\u0085", "\\r\\u007f\\u009b\\u0085"],
    [
      "\u202e\u2066\u200b\ufeff\u2028\u{e0041}\ud800",
      "\\u202e\\u2066\\u200b\\ufeff\\u2028\\udb40\\udc41\\ud800",
    ],
    ["Grüße 👨‍👩‍👧 می‌خواهم", "Grüße 👨‍👩‍👧 می‌خواهم"],
  ])("%j", (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test("leaves JSON the same JSON", () => {
    const value = { "\\\u007f": ["\u009b\u202e", "\u{e0041}\n"] };
    expect(JSON.parse(printable(JSON.stringify(value, null, 2)))).toEqual(value);
  });

  test("keeps stint's own control sequences, and escapes all others", () => {
    expect(printable(`${ownSequence("31m")}${ESC}[1;31m${ownSequence("0m")}`)).toBe(
      `${ESC}[31m\\u001b[1;31m${ESC}[0m`,
    );
  });

  test("counts stint's own control sequences as zero width", () => {
    const painted = `${ownSequence("31m")}red${ownSequence("0m")}`;
    expect(Bun.stringWidth(painted)).toBe(3);
    expect(Bun.stripANSI(painted)).toBe("red");
  });
});

describe("oneLine()", () => {
  test("has no line end, no tab and no joining character, and is idempotent", () => {
    const line = oneLine(`a\nb\tc\u200d${ownSequence("1m")}`);
    expect(printable(line)).toBe(`a\\nb\\tc\\u200d${ESC}[1m`);
    expect(oneLine(line)).toBe(line);
  });

  test("asLines() ends each line", () => {
    expect(asLines(["a\nb", ""])).toBe("a\\nb\n\n");
  });
});
