import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { decodeTaskText, readTaskFile } from "../../src/intake/task-text.ts";
import { makeFolder } from "./rig.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

describe("readTaskFile()", () => {
  test("reads a file of several chunks, and an empty one", () => {
    using folder = makeFolder();
    const text = `run: ${"é".repeat(200_000)}\n`;
    expect(readTaskFile(folder.write("a", text))).toEqual({ ok: true, value: text });
    expect(readTaskFile(folder.write("b", ""))).toEqual({ ok: true, value: "" });
  });

  test("does not wait for the writer of a FIFO, and follows no link", () => {
    using folder = makeFolder();
    Bun.spawnSync(["mkfifo", folder.at("pipe")]);
    folder.write("real", "run: a");
    symlinkSync("real", folder.at("link"));
    mkdirSync(folder.at("folder"));
    expect(readTaskFile(folder.at("pipe"))).toEqual({ ok: false, error: "it is not a regular file" });
    expect(readTaskFile(folder.at("link"))).toEqual({
      ok: false,
      error: "it is a symbolic link, wanted the file itself",
    });
    expect(readTaskFile(folder.at("folder"))).toEqual({ ok: false, error: "it is not a regular file" });
    expect(readTaskFile("/dev/zero")).toEqual({ ok: false, error: "it is not a regular file" });
    expect(readTaskFile(folder.at("none"))).toEqual({ ok: false, error: "it is gone" });
  });

  test("stops reading a file that never ends", () => {
    // procfs says 0 bytes of files that have more; the text is far under the limit.
    expect(readTaskFile("/proc/self/status")).toMatchObject({
      ok: true,
      value: expect.stringContaining("Pid:"),
    });
  });

  test("refuses a file that is too large without reading it", () => {
    using folder = makeFolder();
    Bun.spawnSync(["truncate", "-s", "1T", folder.at("sparse")]);
    expect(readTaskFile(folder.at("sparse"))).toEqual({
      ok: false,
      error: "it is larger than 10 MiB (1099511627776 bytes)",
    });
  });

  test.skipIf(process.getuid?.() === 0)("reports a file that it may not read", () => {
    using folder = makeFolder();
    chmodSync(folder.write("a", "run: a"), 0o000);
    expect(readTaskFile(folder.at("a"))).toEqual({
      ok: false,
      error: "it cannot be read: permission denied",
    });
  });

  test("leaves no descriptor open, in success and failure", () => {
    using folder = makeFolder();
    folder.write("a", "run: a");
    // Other tests' files are opened and closed meanwhile: only those of this folder count.
    const open = (): string[] =>
      readdirSync("/proc/self/fd").filter((fd) => linkOf(`/proc/self/fd/${fd}`).startsWith(folder.path));
    for (let count = 0; count < 50; count += 1) readTaskFile(count % 2 === 0 ? folder.at("a") : folder.path);
    expect(open()).toEqual([]);
  });
});

describe("decodeTaskText()", () => {
  test.each([
    [bytes(0x61), { ok: true as const, value: "a" }],
    [bytes(0xef, 0xbb, 0xbf, 0x61), { ok: true as const, value: "a" }],
    [bytes(0xff, 0xfe, 0x61, 0), { ok: false as const, error: "it is UTF-16 text, wanted UTF-8" }],
    [bytes(0xfe, 0xff, 0, 0x61), { ok: false as const, error: "it is UTF-16 text, wanted UTF-8" }],
    [bytes(0x61, 0xe9, 0x62), { ok: false as const, error: "line 1 is not UTF-8 text" }],
    [new Uint8Array(10 * 2 ** 20 + 1), { ok: false as const, error: "it is larger than 10 MiB" }],
  ])("%#", (given, expected) => {
    expect(decodeTaskText(given)).toEqual(expected);
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
