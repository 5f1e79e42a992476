import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAll } from "../../src/store/create-all.ts";
import { TempDirectory } from "../rig/temp-home.ts";

test("createAll() makes every file, or none where one exists, and leaves nothing else", async () => {
  await using folder = new TempDirectory();
  const at = (name: string) => join(folder.path, name);
  const files = ["a", "b", "c"].map((name) => ({ path: at(name), text: name, tmp: folder.path }));
  writeFileSync(at("b"), "mine");
  expect(() => createAll(files)).toThrow("EEXIST");
  expect(readdirSync(folder.path)).toEqual(["b"]);
  expect(readFileSync(at("b"), "utf8")).toBe("mine");
  createAll(files.filter(({ text }) => text !== "b"));
  expect(readdirSync(folder.path).toSorted()).toEqual(["a", "b", "c"]);
});
