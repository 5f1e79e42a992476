import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { adviceFor, describeLimitBackend, needsGroup, unenforceable } from "../../src/machine/limits.ts";
import { FakeMachine } from "./rig.ts";

const ALL = "cpuset cpu io memory pids";

describe("probeMeans()", () => {
  test("takes a delegated group of version 2 without other processes, and says that it must be vacated", async () => {
    await using machine = new FakeMachine();
    const base = machine.unified("/a/stint.service", { controllers: ALL });
    machine.systemd(ALL);
    const controllers = ["memory", "cpu", "pids"] as const;
    expect(machine.probe()).toEqual({ type: "v2", controllers, base, isToVacate: true });
  });

  test("stays in a group whose children have the controllers already", async () => {
    await using machine = new FakeMachine();
    const base = machine.unified("/a", { controllers: ALL, enabled: "cpu memory pids", procs: "1\n2\n" });
    expect(machine.probe()).toMatchObject({ type: "v2", base, isToVacate: false });
  });

  test("stays in the root group, which may have processes and children", async () => {
    await using machine = new FakeMachine();
    machine.unified("/", { controllers: ALL, procs: "1\n2\n" });
    expect(machine.probe()).toMatchObject({ type: "v2", isToVacate: false });
  });

  test("finds the base again from the leaf that an earlier supervisor moved to", async () => {
    await using machine = new FakeMachine();
    const base = machine.unified("/a", { controllers: ALL, enabled: "cpu memory pids" });
    machine.file("/proc/self/cgroup", "0::/a/stint.supervisor\n");
    expect(machine.probe()).toMatchObject({ type: "v2", base });
  });

  test("leaves a group with other processes alone, and uses systemd", async () => {
    await using machine = new FakeMachine();
    machine.unified("/a", { controllers: ALL, procs: `${process.pid}\n1\n` });
    expect(machine.probe().type).toBe("none");
    machine.systemd("memory pids");
    expect(machine.probe()).toEqual({
      type: "systemd",
      controllers: ["memory", "pids"],
      program: join(machine.path, "bin/systemd-run"),
      runtimeDirectory: "/run/user/1000",
      own: join(machine.path, "sys/fs/cgroup/a"),
    });
  });

  test("does not use a systemd manager without delegated controllers", async () => {
    await using machine = new FakeMachine();
    machine.unified("/a", { controllers: "", procs: "1\n" });
    machine.systemd("");
    expect(machine.probe().controllers).toEqual([]);
  });

  test("says why no limits can be enforced", async () => {
    await using machine = new FakeMachine();
    expect(machine.probe()).toMatchObject({ type: "none", why: "no control groups are mounted" });
  });
});

describe("unenforceable()", () => {
  test("names what only a control group can hold, as the task file does", () => {
    const limits = { memoryBytes: 1, cpus: 1, pids: 1, openFiles: 1, coreBytes: 0 };
    expect(unenforceable(limits, ["cpu"])).toEqual(["limits.memory", "limits.pids"]);
    expect(unenforceable({ openFiles: 9 }, [])).toEqual([]);
    expect(needsGroup({ openFiles: 9 }, ["memory", "cpu", "pids"])).toBeFalse();
    expect(needsGroup({ pids: 9 }, ["pids"])).toBeTrue();
    expect(needsGroup({ pids: 9 }, ["memory"])).toBeFalse();
  });
});

describe("adviceFor()", () => {
  test("is empty where all can be enforced, and else names delegation and lingering", () => {
    const some = {
      type: "systemd",
      controllers: ["memory"],
      program: "x",
      runtimeDirectory: null,
      own: null,
    } as const;
    expect(adviceFor({ ...some, controllers: ["memory", "cpu", "pids"] })).toBeNull();
    expect(adviceFor(some)).toMatch(/enable-linger.*Delegate=/);
    expect(describeLimitBackend(some)).toBe("limits.memory are enforced through scopes of systemd");
  });
});
