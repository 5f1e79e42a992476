import { expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { watchFile } from "../../src/intake/watch-file.ts";
import { until } from "../rig/stint.ts";
import { TempDirectory } from "../rig/temp-home.ts";

test("a file is watched while it is made, written, replaced and removed, and no other file of its folder", async () => {
  await using folder = new TempDirectory();
  const path = join(folder.path, "config.yaml");
  const other = join(folder.path, "other");
  let nudges = 0;
  using _watch = watchFile(path, () => (nudges += 1));
  const changes: readonly (readonly [string, () => void])[] = [
    ["made", () => writeFileSync(path, "a")],
    ["written", () => writeFileSync(path, "b")],
    ["replaced", () => renameSync(other, path)],
    ["removed", () => rmSync(path)],
  ];
  writeFileSync(other, "c");
  // Events come in order: one for the other file would have come with the next.
  for (const [what, change] of changes) {
    const before = nudges;
    change();
    await until(`it was told that the file was ${what}`, () => nudges > before);
  }
  const told = nudges;
  writeFileSync(other, "d");
  await Bun.sleep(100);
  expect(nudges).toBe(told);
});

test("a folder that cannot be watched is no error", async () => {
  await using folder = new TempDirectory();
  expect(() =>
    watchFile(join(folder.path, "missing", "config.yaml"), () => {})[Symbol.dispose](),
  ).not.toThrow();
});
