import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { countsOf } from "../../src/machine/group.ts";
import { FakeMachine } from "./rig.ts";

describe("probeMeans()", () => {
  test("finds the hierarchies of version 1, each controller in its own", async () => {
    await using machine = new FakeMachine();
    const mount = (name: string): string => `3 3 0:3 / /cg/${name} rw - cgroup cgroup rw,${name}\n`;
    machine.file("/proc/self/mountinfo", `${mount("memory")}${mount("cpu,cpuacct")}`);
    machine.file("/proc/self/cgroup", "3:memory:/mine\n2:cpu,cpuacct:/of/outside\n1:pids:/\n");
    machine.file("/cg/memory/mine/tasks", "");
    machine.file("/cg/cpu,cpuacct/tasks", "");
    expect(machine.probe()).toEqual({
      type: "v1",
      controllers: ["memory", "cpu"],
      bases: { memory: join(machine.path, "cg/memory/mine"), cpu: join(machine.path, "cg/cpu,cpuacct") },
    });
  });
});

describe("countsOf() of version 1", () => {
  test.each([
    ["3", "50", 3],
    // Linux 6.18 counts no failures against a limit on memory and swap together.
    ["0", "1000000", 1],
    ["0", "50", 0],
  ])("with %s failures and a peak of %s it met its limit %d times", async (failures, peak, oom) => {
    await using machine = new FakeMachine();
    machine.file("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    machine.file("memory.failcnt", `${failures}\n`);
    machine.file("memory.max_usage_in_bytes", `${peak}\n`);
    machine.file("memory.limit_in_bytes", "1000000\n");
    const memory = machine.path;
    expect(countsOf({ version: 1, directories: [memory], memory })).toBe(
      `oom ${oom}\noom_kill 1\npeak ${peak}\n`,
    );
  });
});
