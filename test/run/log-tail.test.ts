import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { readableLines, readTail } from "../../src/run/log.ts";
import { fc } from "../rig/fast-check.ts";
import { makePlace } from "./rig.ts";

const ESC = "\u001b";
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

describe("readTail()", () => {
  test("gives the last 100 lines, and the size of all", async () => {
    await using place = makePlace();
    const text = `${numbered(1, 250).join("\n")}\n`;
    expect(readTail([place.write("log", text)])).toEqual({
      text: numbered(151, 250).join("\n"),
      bytes: text.length,
    });
  });

  test("gives whole lines of 8 KiB at most, out of a file of any size", async () => {
    await using place = makePlace();
    const lines = Array.from({ length: 4_000 }, (_, index) => `${index} ${"x".repeat(200)}`);
    const { text, bytes } = readTail([place.write("log", lines.join("\n"))]);
    expect(bytes).toBe(lines.join("\n").length);
    expect(text.length).toBeLessThanOrEqual(8_192);
    expect(text.length).toBeGreaterThan(8_192 - 210);
    expect(lines.join("\n")).toEndWith(`\n${text}`);
  });

  test("keeps the end of a line that is too long, and no partial character", async () => {
    await using place = makePlace();
    const { text } = readTail([place.write("log", `${"€".repeat(50_000)}!`)]);
    expect(text).toMatch(/^€+!$/);
    expect(Buffer.byteLength(text)).toBeGreaterThan(8_192 - 4);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_192);
  });

  test("replaces what is not UTF-8, and leaves the file as it is", async () => {
    await using place = makePlace();
    const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xc3]);
    writeFileSync(place.file("log"), bytes);
    expect(readTail([place.file("log")])).toEqual({ text: "a\ufffd\ufffdb\n\ufffd", bytes: 6 });
    expect(await Bun.file(place.file("log")).bytes()).toEqual(new Uint8Array(bytes));
  });

  test("is empty for an empty log and a missing one", async () => {
    await using place = makePlace();
    expect(readTail([place.write("log", "")])).toEqual({ text: "", bytes: 0 });
    expect(readTail([place.file("missing")])).toEqual({ text: "", bytes: 0 });
    expect(readTail([])).toEqual({ text: "", bytes: 0 });
  });

  test("shares the limit between two logs: the shorter one is kept whole, and stdout comes first", async () => {
    await using place = makePlace();
    const stdout = place.write("stdout.log", "start\nend\n");
    const stderr = place.write("stderr.log", `${numbered(1, 250).join("\n")}\n`);
    const { text, bytes } = readTail([stdout, stderr]);
    expect(text).toBe(["start", "end", ...numbered(153, 250)].join("\n"));
    expect(bytes).toBe(10 + (await Bun.file(stderr).text()).length);
  });

  test("shares the limit between two long logs evenly", async () => {
    await using place = makePlace();
    const long = (letter: string): string => Array.from({ length: 100 }, () => letter.repeat(300)).join("\n");
    const { text } = readTail([place.write("a", long("o")), place.write("b", long("e"))]);
    expect(text.length).toBeLessThanOrEqual(8_192);
    const lines = text.split("\n");
    expect(lines.filter((line) => line.startsWith("o"))).toHaveLength(13);
    expect(lines.filter((line) => line.startsWith("e"))).toHaveLength(14);
  });

  test("finds the lines before a progress bar that is longer than what is read", async () => {
    await using place = makePlace();
    const bar = Array.from({ length: 9_000 }, (_, index) => `\r${ESC}[32m${index}/9000${ESC}[0m`).join("");
    expect(readTail([place.write("log", `before\n${bar}\ndone\n`)]).text).toBe("8999/9000\ndone");
    expect(readTail([place.write("log", `before\n${bar}\r\n`)]).text).toBe("8999/9000");
  });

  test("is within its limits for any bytes", async () => {
    await using place = makePlace();
    const bytes = fc
      .uint8Array({ maxLength: 400 })
      .chain((piece) =>
        fc.nat(300).map((times) => Buffer.concat(Array.from({ length: times }, () => piece))),
      );
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        writeFileSync(place.file("a"), left);
        writeFileSync(place.file("b"), right);
        const tail = readTail([place.file("a"), place.file("b")]);
        expect(tail.bytes).toBe(left.length + right.length);
        expect(Buffer.byteLength(tail.text)).toBeLessThanOrEqual(8_192);
        expect(tail.text.split("\n").length).toBeLessThanOrEqual(100);
        expect(tail.text).not.toMatch(/[^\P{Cc}\t\n]/u);
      }),
    );
  });
});

describe("readableLines()", () => {
  test.each([
    ["10%\r50%\r100%", "100%"],
    ["10%\r50%\r", "50%"],
    ["windows\r\nnext", "windows\nnext"],
    [`${ESC}[1;31mred${ESC}[0m ${ESC}[2Kgone`, "red gone"],
    [`${ESC}]0;title\u0007text${ESC}]8;;http://x${ESC}\\link${ESC}]8;;${ESC}\\`, "textlink"],
    [`${ESC}(Bplain${ESC}=${ESC}7`, "plain"],
    [`50%\r${ESC}[K`, "50%"],
    ["bell\u0007 back\b\u0000nul\u009b", "bell backnul"],
    ["tab\tstays, é and 😀 too", "tab\tstays, é and 😀 too"],
    [`cut off ${ESC}[31`, "cut off 31"],
  ])("%j reads %j", (output, text) => {
    expect(readableLines(output).join("\n")).toBe(text);
  });
});
