import { describe, expect, test } from "bun:test";
import { parseDotenv } from "../../src/run/dotenv.ts";
import { errorOf, valueOf } from "../rig/results.ts";

describe("parseDotenv()", () => {
  test.each([
    ["A=b", { A: "b" }],
    ["A=b\nB=c\n", { A: "b", B: "c" }],
    ["\uFEFF# a comment\n\n  export A = b c  # a comment\r\nB=\n", { A: "b c", B: "" }],
    ["A=b#c", { A: "b#c" }],
    ["A=#c", { A: "" }],
    ["A='b # c $D \\n'", { A: "b # c $D \\n" }],
    ['A="b\\n\\"c\\" \\$D \\x" # a comment', { A: 'b\n"c" $D \\x' }],
    ["A=\"b\nc\"\nB='d\ne'\n", { A: "b\nc", B: "d\ne" }],
    ["A=b\nA=c", { A: "c" }],
    ["A=$B${C}", { A: "$B${C}" }],
    ["A=b=c", { A: "b=c" }],
    ["", {}],
    ["\n\n# nothing", {}],
  ])("%j", (text, expected) => {
    expect(valueOf(parseDotenv(text))).toEqual(expected);
  });

  test.each([
    ["A=1\nsesame", "line 2 is no NAME=value"],
    ["1A=sesame", "line 1 is no NAME=value"],
    ["my.name=sesame", "line 1 is no NAME=value"],
    ["A=1\n\nB='sesame", "line 3 has a quote that is not closed, or text after it"],
    ['A="1" sesame', "line 1 has a quote that is not closed, or text after it"],
    ["A=sesame\0", "line 1 holds a NUL character"],
  ])("refuses %j without quoting its value", (text, expected) => {
    expect(errorOf(parseDotenv(text))).toBe(expected);
  });
});
