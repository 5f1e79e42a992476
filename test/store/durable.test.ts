import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "../../src/lib/sync-directory.ts";
import { createFile, replaceFile, writeWhole } from "../../src/store/durable.ts";
import { cutShort } from "../rig/crash.ts";
import { TempDirectory } from "../rig/temp-home.ts";

function inPlace(place: TempDirectory): { path: string; tmp: string; read: () => string } {
  const tmp = join(place.path, "tmp");
  mkdirSync(tmp);
  const path = join(place.path, "a.json");
  return { path, tmp, read: () => readFileSync(path, "utf8") };
}

describe("replaceFile()", () => {
  test("makes or replaces a file completely, for the owner alone, and leaves nothing staged", async () => {
    await using place = new TempDirectory();
    const { path, tmp, read } = inPlace(place);
    replaceFile(path, "one", tmp);
    expect(read()).toBe("one");
    writeFileSync(path, "a longer text than the next", { mode: 0o644 });
    replaceFile(path, "two", tmp);
    expect(read()).toBe("two");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(tmp)).toEqual([]);
  });

  test("leaves the old text and nothing staged where it fails before the rename", async () => {
    await using place = new TempDirectory();
    const { path, tmp, read } = inPlace(place);
    writeFileSync(path, "old");
    cutShort("replace:staged", () => replaceFile(path, "new", tmp));
    expect(read()).toBe("old");
    expect(readdirSync(tmp)).toEqual([]);
  });

  test("never shows a reader a partial text", async () => {
    await using place = new TempDirectory();
    const { path, tmp, read } = inPlace(place);
    const texts = ["a".repeat(1_500_000), "b".repeat(1_500_000)];
    replaceFile(path, texts[0] ?? "", tmp);
    const module = JSON.stringify(join(process.cwd(), "src/store/durable.ts"));
    const line = `import { replaceFile } from ${module};
      for (let i = 0; i < 25; i += 1) replaceFile(process.argv[1], (i % 2 ? "a" : "b").repeat(1_500_000), process.argv[2]);`;
    const writer = Bun.spawn([process.execPath, "-e", line, path, tmp]);
    let reads = 0;
    for (; writer.exitCode === null; reads += 1) {
      expect(texts.includes(read())).toBeTrue();
      await Bun.sleep(1);
    }
    expect(writer.exitCode).toBe(0);
    expect(reads).toBeGreaterThan(3);
  });
});

describe("createFile()", () => {
  test("makes a file for the owner alone, and never changes one that exists", async () => {
    await using place = new TempDirectory();
    const { path, read } = inPlace(place);
    createFile(path, "ü");
    expect([read(), statSync(path).mode & 0o777]).toEqual(["ü", 0o600]);
    expect(() => createFile(path, "other")).toThrow("EEXIST");
    expect(read()).toBe("ü");
  });
});

describe("writeWhole()", () => {
  test("continues after a partial write", async () => {
    await using place = new TempDirectory();
    const module = JSON.stringify(join(process.cwd(), "src/store/durable.ts"));
    const line = `import { openSync } from "node:fs"; import { writeWhole } from ${module};
      try { writeWhole(openSync(process.argv[1], "w"), "x".repeat(1e6)); console.log("all"); } catch (error) { console.log(error.code); }`;
    // At the limit of a file's size the kernel takes what fits and refuses the rest, as on a full disk.
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" -e "$1" "$2"`;
    const child = Bun.spawn(["/bin/sh", "-c", limited, process.execPath, line, join(place.path, "a")], {
      stdout: "pipe",
    });
    expect(await child.stdout.text()).toBe("EFBIG\n");
    expect(statSync(join(place.path, "a")).size).toBeWithin(1, 1e6);
  });

  test("writes behind what it wrote before", async () => {
    await using place = new TempDirectory();
    const path = join(place.path, "a");
    const file = openSync(path, "w");
    for (const text of ["ü", "", "bc"]) writeWhole(file, text);
    closeSync(file);
    expect(readFileSync(path, "utf8")).toBe("übc");
  });
});

test("syncDirectory() throws for what is no directory", async () => {
  await using place = new TempDirectory();
  syncDirectory(place.path);
  expect(() => syncDirectory(join(place.path, "gone"))).toThrow("ENOENT");
});
