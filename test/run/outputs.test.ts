import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOutput, masked, readOutputs } from "../../src/run/outputs.ts";

const root = mkdtempSync(join(tmpdir(), "stint-outputs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** What is read of a folder in which something was done in place of the file. */
function readAfter(make: (path: string) => void): ReturnType<typeof readOutputs> {
  made += 1;
  const folder = join(root, String(made));
  mkdirSync(folder);
  make(join(folder, "outputs.json"));
  return readOutputs(folder);
}

const text =
  (content: string | Uint8Array) =>
  (path: string): void =>
    writeFileSync(path, content);

describe("readOutputs()", () => {
  test.each([
    ["{}", {}],
    ['{"acc": NaN, "b": [-Infinity, "NaN"], "c": Infinity}', { acc: "nan", b: ["-inf", "NaN"], c: "inf" }],
    ['\uFEFF{"a": 1}\n', { a: 1 }],
    ['{"constructor": 1, "a": {"__proto__": 2}}', JSON.parse('{"constructor": 1, "a": {"__proto__": 2}}')],
  ])("reads %j", (content, values) => {
    expect(readAfter(text(content))).toEqual({ type: "read", values });
  });

  test.each([
    ["an empty file", text(""), "is empty, wanted one JSON object"],
    ["a torn object", text('{"acc": 0.'), "is not JSON, wanted one JSON object"],
    ["bytes", text(new Uint8Array([0x7b, 0xff, 0xfe, 0x00])), "is not JSON, wanted one JSON object"],
    ["a list", text("[1]"), "is a list, wanted one JSON object"],
    ["a number", text("5"), "is 5, wanted one JSON object"],
    ["a deep object", text(`{"a":${"[".repeat(300_000)}${"]".repeat(300_000)}}`), "is n"],
    ["2 MiB", text(`{"a": "${"x".repeat(2 * 2 ** 20)}"}`), "has 2 MiB, wanted at most 1 MiB"],
    [
      "a link",
      (path: string) => symlinkSync("/etc/passwd", path),
      "is a symbolic link, wanted a regular file",
    ],
    ["a folder", (path: string) => mkdirSync(path), "is a folder, wanted a regular file"],
    ["a FIFO", (path: string) => Bun.spawnSync(["mkfifo", path]), "is not a regular file, wanted one"],
  ])("says what %s is", (_, make, reason) => {
    const read = readAfter(make);
    expect(read.type === "bad" ? read.reason : read).toStartWith(reason);
  });

  test("reads none where there is no file, or no folder any more", () => {
    expect(readAfter(() => {})).toEqual({ type: "none" });
    expect(readOutputs(join(root, "gone"))).toEqual({ type: "none" });
  });
});

describe("findOutput()", () => {
  const run = join(root, "run");
  const work = join(root, "work");
  for (const folder of [join(run, "artifacts"), work]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(work, "a"), "");
  writeFileSync(join(run, "artifacts", "b"), "");
  const onMachine = { run, checkpoint: join(root, "checkpoint"), work };
  const here = { onMachine, inJob: onMachine };
  const inContainer = { onMachine, inJob: { run: "/stint/run", checkpoint: "/stint/checkpoint" } };

  test.each([
    ["a", here, { path: join(work, "a") }],
    ["b", here, { path: join(run, "artifacts", "b") }],
    ["c", here, { missing: "which does not exist, wanted a file" }],
    [work, here, { missing: "which is not a file" }],
    ["/stint/run/artifacts/b", inContainer, { path: "/stint/run/artifacts/b" }],
    ["/stint/run/artifacts/c", inContainer, { missing: "which does not exist, wanted a file" }],
    ["/data/x", inContainer, { path: "/data/x" }],
    ["b", inContainer, { path: "/stint/run/artifacts/b" }],
    ["c", inContainer, { path: "c" }],
  ])("finds %s", (path, places, found) => {
    expect(findOutput(path, "file", places)).toEqual(found);
  });
});

test("masked() hides secrets in texts and names at any depth", () => {
  const mask = (one: string): string => one.replaceAll("s3cret", "***");
  expect(masked({ a: "x s3cret", b: [{ s3cret: "s3cret" }], d: 1 }, mask)).toEqual({
    a: "x ***",
    b: [{ "***": "***" }],
    d: 1,
  });
});
