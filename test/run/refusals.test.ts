import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { type LaunchOrder, launch, type NotStarted } from "../../src/run/launch.ts";
import { refusedBySystem } from "../../src/run/not-started.ts";
import { findProgram } from "../../src/run/program.ts";
import { command, kindOf, makePlace, orderFor, type Place, shell } from "./rig.ts";

function refusalOf(order: LaunchOrder): NotStarted {
  const result = launch(order);
  if (result.ok) throw new Error("it was started");
  return result.error;
}

const inFolder = (place: Place, cwd: string) =>
  orderFor(place, shell(":"), { kind: kindOf(shell(":"), { cwd }) });

describe("launch() refuses", () => {
  test.each([
    ["a directory that is missing", "gone", "DATA_UNREACHABLE", "does not exist"],
    ["a directory that is a file", "file", "INVALID_SPEC", "is not a directory"],
    ["a directory with a NUL in its name", "nu\0l", "INVALID_SPEC", "does not exist"],
  ] as const)("%s", async (_name, cwd, code, is) => {
    await using place = makePlace();
    place.write("file", "");
    const error = `Cannot enter "${place.file(cwd)}": ${is}, wanted`;
    expect(refusalOf(inFolder(place, place.file(cwd)))).toEqual({
      code,
      error: expect.stringContaining(error),
    });
  });

  test.each([
    ["a program", "mnt/tool", [], "does not exist"],
    ["a program below", "mnt/bin/tool", [], "does not exist"],
    ["an interpreter", "./script", [], "its interpreter (#!PLACE/mnt/bin/python) does not exist"],
    ["a script", "/bin/sh", ["mnt/train.sh"], "PLACE/mnt/train.sh does not exist"],
  ] as const)("%s that may be on a disk which is not mounted, for now", async (_what, name, args, is) => {
    await using place = makePlace();
    mkdirSync(place.file("mnt"));
    place.write("script", `#!${place.path}/mnt/bin/python\n`, 0o700);
    const refusal = refusalOf(orderFor(place, command(name, ...args)));
    expect(refusal.code).toBe("DATA_UNREACHABLE");
    expect(refusal.error).toContain(is.replace("PLACE", place.path));
    expect(refusal.error).toMatch(/; its folder (is empty|does not exist), as where a disk is not mounted$/);
    place.write("mnt/other", "");
    const isBelow = name.includes("bin/tool") || name === "./script";
    const order = orderFor(place, command(name, ...args));
    // Among other files it is a slip; what an interpreter says of that is in the log.
    if (args.length > 0) expect(launch(order).ok).toBeTrue();
    else expect(refusalOf(order).code).toBe(isBelow ? "DATA_UNREACHABLE" : "INVALID_SPEC");
  });

  test.each([
    [
      "that was written on Windows",
      "#!/bin/sh\r\necho\r\n",
      "first line (#!/bin/sh) ends with a carriage return",
    ],
    [
      "whose interpreter is missing",
      "#!/bin/pyhton -u\n",
      "its interpreter (#!/bin/pyhton -u) does not exist",
    ],
    ["whose interpreter is a folder", "#! /tmp\n", "its interpreter (#!/tmp) is a directory"],
    [
      "whose interpreter is not in PATH",
      "#!/usr/bin/env pyhton\n",
      "(#!/usr/bin/env pyhton) is not found in PATH",
    ],
  ])("a script %s, by name", async (_what, text, is) => {
    await using place = makePlace();
    place.write("job", text, 0o700);
    const { code, error } = refusalOf(orderFor(place, command("./job")));
    expect(code).toBe("INVALID_SPEC");
    expect(error).toContain(is);
  });

  test("no script with a valid first line, and none that it may not read", async () => {
    await using place = makePlace();
    place.write("job", "#!/usr/bin/env -S sh -e\necho $0\r\n", 0o700);
    expect(findProgram("./job", { cwd: place.path, path: "/usr/bin" }).ok).toBeTrue();
    place.write("odd", "#!\n", 0o700);
    expect(findProgram("./odd", { cwd: place.path, path: "/usr/bin" }).ok).toBeTrue();
  });

  test("a program that is not in the job's PATH, with the PATH and a suggestion", async () => {
    await using place = makePlace();
    const environment = { PATH: "/usr/bin:/nowhere" };
    const { code, error } = refusalOf(orderFor(place, command("train.py"), { environment }));
    expect(code).toBe("INVALID_SPEC");
    expect(error).toBe(
      `Cannot start "train.py": not found in PATH (/usr/bin:/nowhere), wanted an installed program or a path to one`,
    );
    place.write("train.py", "");
    expect(refusalOf(orderFor(place, command("train.py"), { environment })).error).toContain(
      `wanted "./train.py" for the one in ${place.path}`,
    );
  });

  test.each([
    ["./missing", "does not exist (in "],
    ["./data", "is not executable for this user"],
    ["./folder", "is a directory"],
    ["./data/below", "does not exist"],
    ["/dev/null", "is not a regular file, wanted an executable file"],
    ["data", "data is not executable for this user, wanted an executable file"],
  ])("%s, which %s", async (name, is) => {
    await using place = makePlace();
    place.write("data", "x");
    mkdirSync(place.file("folder"));
    const refusal = refusalOf(
      orderFor(place, command(name), { environment: { PATH: `/usr/bin:${place.path}` } }),
    );
    expect(refusal).toEqual({
      code: "INVALID_SPEC",
      exit: is.startsWith("does not exist") ? 127 : 126,
      error: expect.stringMatching(new RegExp(`^Cannot start "${name}": `)),
    });
    expect(refusal.error).toContain(is);
    expect(existsSync(place.file("attempt/start"))).toBe(false);
  });

  test("an argument that is longer than Linux accepts, and accepts the longest one", async () => {
    await using place = makePlace();
    const long = refusalOf(orderFor(place, command("/bin/true", "a", "x".repeat(131_008))));
    expect(long).toEqual({
      code: "INVALID_SPEC",
      error: expect.stringContaining("its argument 2 is 131008 bytes long, wanted less than 131008"),
    });
    const launched = launch(orderFor(place, command("/bin/true", "é".repeat(65_503), "x".repeat(131_007))));
    expect(launched.ok).toBe(true);
    if (launched.ok) await launched.value.ended;
    expect(place.read("attempt/exit.json")).toContain('"status":0,');
  });

  test("a variable that is longer than Linux accepts, by its name", async () => {
    await using place = makePlace();
    const environment = { PATH: "/bin", LONG: "x".repeat(131_067) };
    const refusal = refusalOf(orderFor(place, command("/bin/true"), { environment }));
    expect(refusal).toEqual({
      code: "INVALID_SPEC",
      error: expect.stringContaining("its environment variable LONG is 131072 bytes long"),
    });
  });

  test("arguments and environment that are too long together", async () => {
    await using place = makePlace();
    const many = Array.from({ length: 80 }, (_, index) => [`V${index}`, "x".repeat(100_000)] as const);
    const refusal = refusalOf(
      orderFor(place, command("/bin/true"), { environment: Object.fromEntries(many) }),
    );
    expect(refusal.code).toBe("INVALID_SPEC");
    expect(refusal.error).toMatch(/its arguments and environment take 8\d{6} bytes, wanted at most \d+$/);
    expect(existsSync(place.file("attempt/start"))).toBe(false);
  });

  test("to start where it cannot write the log, as a transient failure", async () => {
    await using place = makePlace();
    const order = orderFor(place, shell(":"));
    const refusal = refusalOf({ ...order, directory: place.file("gone") });
    expect(refusal.code).toBe("RUNTIME_ERROR");
    expect(refusal.error).toContain(
      `Cannot open the log "${place.file("gone/output.log")}": no such directory (ENOENT), wanted`,
    );
  });
});

test("refusedBySystem() distinguishes a full disk from transient refusals", () => {
  const codeFor = (code: string) => refusedBySystem("Cannot", Object.assign(new Error("x"), { code })).code;
  expect(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EMFILE", "EIO"].map(codeFor)).toEqual([
    "DISK_FULL",
    "DISK_FULL",
    "RUNTIME_ERROR",
    "RUNTIME_ERROR",
    "RUNTIME_ERROR",
    "RUNTIME_ERROR",
  ]);
});

describe("findProgram()", () => {
  test("skips files that are not executable, takes the first program, and reads an empty entry as the job's directory", async () => {
    await using place = makePlace();
    mkdirSync(place.file("a/tool"), { recursive: true });
    mkdirSync(place.file("b"));
    place.write("b/tool", "", 0o600);
    place.write("tool", "", 0o700);
    const look = (path: string | undefined) => findProgram("tool", { cwd: place.path, path });
    expect(look(`${place.file("a")}:b::/usr/bin`)).toEqual({ ok: true, value: place.file("tool") });
    chmodSync(place.file("b/tool"), 0o700);
    expect(look(`${place.file("a")}:b::/usr/bin`)).toEqual({ ok: true, value: place.file("b/tool") });
    expect(look(undefined).ok).toBe(false);
    expect(findProgram("env", { cwd: place.path, path: undefined })).toEqual({
      ok: true,
      value: "/usr/bin/env",
    });
  });

  test("keeps a path with a slash as it is, unless a shell would take it for an option", async () => {
    await using place = makePlace();
    mkdirSync(place.file("-d"));
    place.write("-d/tool", "", 0o700);
    const look = (name: string) => findProgram(name, { cwd: place.path, path: "" });
    expect(look("-d/tool")).toEqual({ ok: true, value: "./-d/tool" });
    expect(look("./-d/tool")).toEqual({ ok: true, value: "./-d/tool" });
    expect(look(place.file("-d/tool"))).toEqual({ ok: true, value: place.file("-d/tool") });
  });
});
