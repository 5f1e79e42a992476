import { describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFile, replaceFile, syncDirectory, writeWhole } from "../../src/store/durable.ts";
import { cutShort } from "../rig/crash.ts";
import { TempDirectory } from "../rig/temp-home.ts";

function inPlace(place: TempDirectory): { path: string; tmp: string; read: () => string } {
  const tmp = join(place.path, "tmp");
  mkdirSync(tmp);
  const path = join(place.path, "a.json");
  return { path, tmp, read: () => readFileSync(path, "utf8") };
}

describe("replaceFile()", () => {
  test("makes or replaces a file whole, for the owner alone, and leaves nothing staged", async () => {
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

  test("never shows a reader half of a text", async () => {
    await using place = new TempDirectory();
    const { path, tmp, read } = inPlace(place);
    const texts = ["a".repeat(3_000_000), "b".repeat(3_000_000)];
    replaceFile(path, texts[0] ?? "", tmp);
    const module = JSON.stringify(join(process.cwd(), "src/store/durable.ts"));
    const line = `import { replaceFile } from ${module};
      for (let i = 0; i < 60; i += 1) replaceFile(process.argv[1], (i % 2 ? "a" : "b").repeat(3_000_000), process.argv[2]);`;
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
  test("makes a file for the owner alone, and never touches one that is there", async () => {
    await using place = new TempDirectory();
    const { path, read } = inPlace(place);
    createFile(path, "ü");
    expect([read(), statSync(path).mode & 0o777]).toEqual(["ü", 0o600]);
    expect(() => createFile(path, "other")).toThrow("EEXIST");
    expect(read()).toBe("ü");
  });
});

describe("writeWhole()", () => {
  test("goes on where the system took only a part", async () => {
    await using place = new TempDirectory();
    const fifo = join(place.path, "fifo");
    Bun.spawnSync(["mkfifo", fifo]);
    // A pipe takes 64 KiB at a time, and parts of that from a writer that does not wait.
    const reader = Bun.spawn(["cat", fifo], { stdout: "pipe" });
    const text = `${"0123456789".repeat(50_000)}ü`;
    const file = openSync(fifo, "w");
    writeWhole(file, text);
    closeSync(file);
    expect(await reader.stdout.text()).toBe(text);
  });
});

test("syncDirectory() throws for what is no directory", async () => {
  await using place = new TempDirectory();
  syncDirectory(place.path);
  expect(() => syncDirectory(join(place.path, "gone"))).toThrow("ENOENT");
});
