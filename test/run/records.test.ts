import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { bootId, startTimeOf } from "../../src/lib/host.ts";
import { readExit, readStart, seizeStart } from "../../src/run/records.ts";
import { launched, makePlace, orderFor, shell } from "./rig.ts";

describe("readStart()", () => {
  test('is null before the start, and "seized" once recovery has forbidden it', async () => {
    await using place = makePlace();
    expect(readStart(place.path)).toBeNull();
    expect(seizeStart(place.path)).toBe("seized");
    expect(readStart(place.path)).toBe("seized");
    expect(seizeStart(place.path)).toBe("taken");
  });

  test("gives what a parent wrote, with the time of the file", async () => {
    await using place = makePlace();
    const stat = `12 (a) b) S ${Array.from({ length: 18 }, (_, index) => index).join(" ")} 4711 0`;
    utimesSync(place.write("start", `12\nboot\n${stat}\n`), 1_700_000_000.5, 1_700_000_000.5);
    expect(readStart(place.path)).toEqual({
      pid: 12,
      bootId: "boot",
      startTime: "4711",
      startedAtMs: 1_700_000_000_500,
      group: null,
      job: null,
    });
    place.write("start", `12\nboot\n${stat}\n/cg/a\n${stat.replace("12", "13")}\nKilled\n`);
    expect(readStart(place.path)).toMatchObject({ group: "/cg/a", job: { pid: 13, startTime: "4711" } });
  });

  test("accepts the process with that pid where the system has no /proc", async () => {
    await using place = makePlace();
    place.write("start", `${process.pid}\nboot\n\n`);
    expect(readStart(place.path)).toMatchObject({
      pid: process.pid,
      startTime: startTimeOf(process.pid) ?? "",
    });
  });

  test.each([
    "",
    "12",
    "12\n",
    "12\nboot\n",
    "12\nboot\n12 (sh) R 1",
    "0\nboot\n\n",
    "-5\nboot\n\n",
    "junk\nboot\n\n",
    "seized",
  ])("is unreadable while it holds %j", async (text) => {
    await using place = makePlace();
    place.write("start", text);
    expect(readStart(place.path)).toBe("unreadable");
    expect(seizeStart(place.path)).toBe("taken");
  });
});

test("seizeStart() prevents a job before its launch, and comes too late after it", async () => {
  await using place = makePlace();
  const order = orderFor(place, shell("echo RAN"));
  expect(seizeStart(order.directory)).toBe("seized");
  expect(await launched(order).ended).toMatchObject({ exitCode: null, signal: "SIGUSR1" });
  expect(place.read("attempt/output.log")).toBe("");
  expect(readExit(order.directory, place.token)).toBeNull();

  await using other = makePlace();
  const second = orderFor(other, shell("echo RAN"));
  await launched(second).ended;
  expect(seizeStart(second.directory)).toBe("taken");
  expect(other.read("attempt/output.log")).toBe("RAN\n");
  expect(readStart(second.directory)).toMatchObject({ bootId: bootId() });
});

test("seizeStart() and a parent that race have one winner", async () => {
  const rounds = Array.from({ length: 40 }, async (_, round) => {
    await using place = makePlace();
    const order = orderFor(place, shell("echo RAN"));
    const { ended } = launched(order);
    // Spread over the time that a parent takes to begin.
    await Bun.sleep(round % 8 === 0 ? 0 : (round % 8) * 0.4);
    const seized = seizeStart(order.directory);
    await ended;
    expect(place.read("attempt/output.log")).toBe(seized === "seized" ? "" : "RAN\n");
    return seized;
  });
  expect(await Promise.all(rounds)).toHaveLength(40);
});

describe("readExit()", () => {
  test.each([
    "",
    '{"status":0,"sawTerm":fal',
    '{"status":0,"sawTerm":false}',
    '{"status":"0","sawTerm":false}\n',
  ])("is null while the file holds %j", async (text) => {
    await using place = makePlace();
    expect(readExit(place.path, place.token)).toBeNull();
    place.write("exit.json", text);
    expect(readExit(place.path, place.token)).toBeNull();
  });

  test("belongs to one attempt alone, and says whether a signal was seen", async () => {
    await using place = makePlace();
    const text = (token: string) => `{"status":137,"signalled":false,"sawTerm":false,"token":"${token}"}\n`;
    place.write("exit.json", text("another"));
    expect(readExit(place.path, place.token)).toBeNull();
    place.write("exit.json", text(place.token));
    expect(readExit(place.path, place.token)?.ending).toMatchObject({ exitCode: 137, signal: null });
  });

  test.each([
    ["a folder", (path: string) => mkdirSync(path)],
    ["a FIFO", (path: string) => void Bun.spawnSync(["mkfifo", path])],
    ["a link", (path: string) => symlinkSync("/dev/zero", path)],
  ])("is null where %s stands there", async (_, make) => {
    await using place = makePlace();
    make(place.file("exit.json"));
    expect(readExit(place.path, place.token)).toBeNull();
  });

  test("returns the ending, and the time of the file as its end", async () => {
    await using place = makePlace();
    utimesSync(place.write("exit.json", '{"status":137,"sawTerm":true}\n'), 1_700_000_001, 1_700_000_001.25);
    expect(readExit(place.path, place.token)).toEqual({
      ending: { type: "exited", exitCode: null, signal: "SIGKILL", signalInferred: true, sawTerm: true },
      endedAtMs: 1_700_000_001_250,
    });
  });
});
