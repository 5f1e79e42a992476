import { expect, test } from "bun:test";
import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NumberedLines } from "../../src/desk/numbered-lines.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const lineIn = (text: string): { seq: number } | null => (/^\d+$/.test(text) ? { seq: Number(text) } : null);
const text = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join("");
const lines = (from: number, to: number): { seq: number }[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index }));

test("NumberedLines gives each line once, in order, also where the file is moved away between two looks", async () => {
  await using folder = new TempDirectory();
  const [earlier, current] = [join(folder.path, "a.1"), join(folder.path, "a")];
  const reading = new NumberedLines({ files: () => [earlier, current], lineIn }, 0);
  expect(reading.read()).toEqual([]);
  writeFileSync(current, text(1, 3));
  expect(reading.read()).toEqual(lines(1, 3));
  appendFileSync(current, text(4, 5));
  renameSync(current, earlier);
  writeFileSync(current, `${text(6, 7)}rubbish\n8`);
  expect(reading.read()).toEqual(lines(4, 7));
  appendFileSync(current, "\n");
  expect(reading.read()).toEqual(lines(8, 8));
  // What was moved away twice is gone.
  appendFileSync(current, text(9, 10));
  rmSync(current);
  writeFileSync(earlier, text(12, 13));
  writeFileSync(current, text(14, 14));
  expect(reading.read()).toEqual([{ from: 9, to: 11 }, ...lines(12, 14)]);
});

test("NumberedLines gives the lines at the end where no number is known, and those after one where it is", async () => {
  await using folder = new TempDirectory();
  const path = join(folder.path, "a");
  writeFileSync(path, text(1, 20_000));
  const files = (): string[] => [path];
  const last = new NumberedLines({ files, lineIn }, null).read();
  expect(last.at(-1)).toEqual({ seq: 20_000 });
  expect(last).toEqual(lines(20_001 - last.length, 20_000));
  expect(new NumberedLines({ files, lineIn }, 19_998).read()).toEqual(lines(19_999, 20_000));
});
