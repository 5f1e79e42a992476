import { expect, test } from "bun:test";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namesIn, Stamps } from "../../src/lib/long-folder.ts";

/** More than one block of names. */
const MANY = 3_000;

function aFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "stint-folder-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("namesIn() gives all names, some at a time", () => {
  using folder = aFolder();
  const names = ["ü", "a b", "x".repeat(255), ...Array.from({ length: MANY }, (_, index) => `${index}.json`)];
  for (const name of names) writeFileSync(join(folder.path, name), "");
  const blocks = [...namesIn(folder.path)];
  expect(blocks.flat().toSorted()).toEqual(readdirSync(folder.path).toSorted());
  expect(blocks.length).toBeGreaterThan(1);
  expect([...namesIn(folder.path)].flat()).toHaveLength(names.length);
});

test("namesIn() says what the system refuses", () => {
  using folder = aFolder();
  writeFileSync(join(folder.path, "file"), "");
  expect(() => [...namesIn(join(folder.path, "none"))]).toThrow("ENOENT");
  expect(() => [...namesIn(join(folder.path, "file"))]).toThrow("ENOTDIR");
});

test("namesIn() gives no part of a folder for all of it where the system breaks it off", () => {
  using folder = aFolder();
  for (let index = 0; index < MANY; index += 1) writeFileSync(join(folder.path, `${index}.json`), "");
  const blocks = namesIn(folder.path);
  blocks.next();
  // What is read is gone, and a read by its path succeeds.
  rmSync(folder.path, { recursive: true });
  mkdirSync(folder.path);
  expect(() => [...blocks]).toThrow("EIO");
});

test("Stamps are those of the files, and of nothing else", () => {
  using folder = aFolder();
  const path = join(folder.path, "file");
  writeFileSync(path, "1");
  mkdirSync(join(folder.path, "folder"));
  symlinkSync("file", join(folder.path, "link"));
  using stamps = new Stamps(folder.path);
  const { ino, ctimeMs } = lstatSync(path);
  expect(stamps.of("file")).toEqual({ ino, changedMs: ctimeMs });
  expect(["folder", "link", "none"].map((name) => stamps.of(name))).toEqual(
    Array.from({ length: 3 }, () => null),
  );
});
