import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { isAlive } from "../../src/lib/host.ts";
import { endingFromShell } from "../../src/model/evidence.ts";
import type { Mode } from "../../src/model/kind.ts";
import { launch } from "../../src/run/launch.ts";
import { readExit, readStart, seizeStart } from "../../src/run/records.ts";
import { launched, makePlace, orderFor, type Place, shell, until } from "./rig.ts";

/** A file system that is soon full, in the directory `disk` of the place. */
function mounted(place: Place): Disposable {
  mkdirSync(place.file("disk"));
  const { success } = Bun.spawnSync(
    ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "stint-test", place.file("disk")],
    { stderr: "ignore" },
  );
  if (!success) throw new Error("mount(8) refused");
  return { [Symbol.dispose]: () => void Bun.spawnSync(["umount", "-l", place.file("disk")]) };
}

async function canMount(): Promise<boolean> {
  await using place = makePlace();
  try {
    using _disk = mounted(place);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!(await canMount()))("on a full disk (needs the right to mount a tmpfs)", () => {
  test("a result is written once there is room again", async () => {
    await using place = makePlace();
    using _disk = mounted(place);
    const directory = place.file("disk/attempt");
    mkdirSync(directory, { mode: 0o700 });
    const line = `head -c 1m /dev/zero >"$1"; exit 4`;
    const order = { ...orderFor(place, shell(line, place.file("disk/fill"))), directory };
    const { process: parent } = launched(order);
    // The first failed try leaves the file empty.
    await until(() => statSync(`${directory}/exit.json`, { throwIfNoEntry: false })?.size === 0);
    expect(readExit(directory, place.token)).toBeNull();
    process.kill(-parent.pid, "SIGTERM");
    await Bun.sleep(50);
    expect(isAlive(parent)).toBe(true);
    rmSync(place.file("disk/fill"));
    const exit = await until(() => readExit(directory, place.token));
    // The TERM came when the job was over.
    expect(exit.ending).toEqual(endingFromShell(4, false, false));
    await until(() => !isAlive(parent));
  });

  test("a result is written once there is room, also in a directory that was made again", async () => {
    await using place = makePlace();
    using _disk = mounted(place);
    const directory = place.file("disk/attempt");
    mkdirSync(directory, { mode: 0o700 });
    const line = `head -c 1m /dev/zero >"$1"; rm -r "$2"; exit 5`;
    const { ended, process: parent } = launched({
      ...orderFor(place, shell(line, place.file("disk/fill"), directory)),
      directory,
    });
    await until(() => statSync(`${directory}/exit.json`, { throwIfNoEntry: false })?.size === 0);
    expect(isAlive(parent)).toBe(true);
    rmSync(place.file("disk/fill"));
    expect(await ended).toMatchObject({ exitCode: 5, signal: null });
    expect(readExit(directory, place.token)?.ending).toMatchObject({ exitCode: 5 });
  });

  test("a job whose start cannot be recorded does not run", async () => {
    await using place = makePlace();
    using _disk = mounted(place);
    const directory = place.file("disk/attempt");
    mkdirSync(directory, { mode: 0o700 });
    const order = { ...orderFor(place, shell(`touch "$1"`, place.file("ran"))), directory };
    Bun.spawnSync(["/bin/sh", "-c", `head -c 1m /dev/zero >"$1"`, "fill", place.file("disk/fill")], {
      stderr: "ignore",
    });
    expect(await launched(order).ended).toMatchObject({ exitCode: null, signal: "SIGUSR1" });
    expect(readStart(directory)).toBe("unreadable");
    expect(readExit(directory, place.token)).toBeNull();
    expect(place.read("ran")).toBeNull();
  });

  test("a claim on an attempt that cannot be written does not count, and can be retried", async () => {
    await using place = makePlace();
    using _disk = mounted(place);
    Bun.spawnSync(["/bin/sh", "-c", `head -c 1m /dev/zero >"$1"`, "fill", place.file("disk/fill")], {
      stderr: "ignore",
    });
    expect(() => seizeStart(place.file("disk"))).toThrow("ENOSPC");
    expect(readStart(place.file("disk"))).toBeNull();
    rmSync(place.file("disk/fill"));
    expect(seizeStart(place.file("disk"))).toBe("seized");
  });

  const script: Mode = { type: "script", runtime: "sh", body: "x", args: [] };
  test.each([
    ["log", shell(":"), "Cannot open the log"],
    ["script", script, "Cannot write the script"],
  ] as const)("a launch without room for its %s says so", async (_name, mode, action) => {
    await using place = makePlace();
    using _disk = mounted(place);
    const directory = place.file("disk/attempt");
    mkdirSync(directory, { mode: 0o700 });
    for (let index = 0; index < 30; index += 1)
      Bun.spawnSync(["touch", place.file(`disk/${index}`)], { stderr: "ignore" });
    const refused = launch({ ...orderFor(place, mode), directory });
    expect(refused.ok).toBe(false);
    if (!refused.ok)
      expect(refused.error).toEqual({ code: "DISK_FULL", error: expect.stringContaining(action) });
  });
});
