import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  countsOf,
  groupFor,
  makeGroup,
  memoryEnd,
  removeGroup,
  sweepGroups,
} from "../../src/machine/group.ts";
import type { LimitBackend } from "../../src/machine/limit-backend.ts";
import type { ControlGroup } from "../../src/model/control-group.ts";
import { FakeMachine } from "./rig.ts";

const LIMITS = { memoryBytes: 64, cpus: 0.5, pids: 7 };
const EVENTS = "low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 1\n";

function delegated(machine: FakeMachine): Extract<LimitBackend, { type: "v2" }> {
  machine.unified("/a", { controllers: "cpu memory pids" });
  const backend = machine.probe();
  if (backend.type !== "v2") throw new Error(`got ${backend.type}`);
  return backend;
}

describe("a group of version 2 (its files are plain ones here)", () => {
  test("is made after the base was vacated and delegated its controllers, and names what the kernel lacks", async () => {
    await using machine = new FakeMachine();
    const backend = delegated(machine);
    const group = groupFor(backend, "stint-x");
    if (group === null) throw new Error("no group");
    // A plain folder has none of the files that a kernel puts there, so each limit is refused.
    expect(makeGroup(group, LIMITS, backend)).toEqual(["limits.memory", "limits.cpus", "limits.pids"]);
    const read = (path: string): string => readFileSync(join(backend.base, path), "utf8");
    expect(read("stint.supervisor/cgroup.procs")).toBe("0\n");
    expect(read("cgroup.subtree_control")).toBe("+memory +cpu +pids\n");
    expect(existsSync(join(backend.base, "stint-x"))).toBeTrue();
  });

  test("counts its own limit and its peak", async () => {
    await using machine = new FakeMachine();
    const memory = machine.path;
    const group: ControlGroup = { version: 2, directories: [memory], memory };
    expect(countsOf(group)).toBeNull();
    machine.file("memory.events", EVENTS);
    expect(countsOf(group)).toBe(`${EVENTS}peak 0\n`);
    machine.file("memory.peak", "12345\n");
    expect(memoryEnd(countsOf(group) ?? "")).toEqual({ oomKilled: true, peakBytes: 12_345 });
  });
});

describe("memoryEnd()", () => {
  test.each([
    ["oom 1\noom_kill 1\npeak 5\n", { oomKilled: true, peakBytes: 5 }],
    // The whole machine was short of memory: the job met no limit of its own.
    ["oom 0\noom_kill 1\npeak 5\n", { oomKilled: false, peakBytes: 5 }],
    ["oom 4\noom_kill 0\npeak 5\n", { oomKilled: false, peakBytes: 5 }],
    ["", { oomKilled: false, peakBytes: null }],
  ])("%j", (counts, end) => {
    expect(memoryEnd(counts)).toEqual(end);
  });
});

describe("removal", () => {
  test("removes groups that the job made inside, succeeds for one that is gone, and fails for one in use", async () => {
    await using machine = new FakeMachine();
    const directory = join(machine.path, "g");
    mkdirSync(join(directory, "of/the/job"), { recursive: true });
    expect(removeGroup([directory, join(machine.path, "never")])).toBeTrue();
    expect(existsSync(directory)).toBeFalse();
    mkdirSync(directory);
    writeFileSync(join(directory, "holds it"), "");
    expect(removeGroup([directory])).toBeFalse();
  });

  test("of stale groups keeps those of other homes and of open attempts", async () => {
    await using machine = new FakeMachine();
    const backend = delegated(machine);
    for (const name of ["stint-home-a", "stint-home-b", "stint-other-c", "d"])
      mkdirSync(join(backend.base, name));
    const swept = sweepGroups(backend, { prefix: "stint-home-", kept: new Set(["stint-home-b"]) });
    expect(swept).toEqual([join(backend.base, "stint-home-a")]);
    const left = ["stint-home-a", "stint-home-b", "stint-other-c", "d"].filter((name) =>
      existsSync(join(backend.base, name)),
    );
    expect(left).toEqual(["stint-home-b", "stint-other-c", "d"]);
  });
});
