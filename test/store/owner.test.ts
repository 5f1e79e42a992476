import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import { type Owner, owner } from "../../src/model/owner.ts";
import { livenessOf, thisProcess } from "../../src/store/owner.ts";
import { at, NOW_MS } from "../rig/tasks.ts";

const self = thisProcess("command", { nowMs: NOW_MS, offered: null });

describe("thisProcess()", () => {
  test("describes this process, valid by its schema", () => {
    expect(self).toMatchObject({ role: "command", pid: process.pid, since: at() });
    expect(self.startTime).toMatch(/^\d+$/);
    expect(check(owner, self)).toEqual({ ok: true, value: self });
  });

  test("makes another token each time", () => {
    expect(thisProcess("up", { nowMs: NOW_MS, offered: null }).token).not.toBe(self.token);
  });
});

describe("vitalityOf()", () => {
  test.each([
    ["this process", "alive", {}],
    ["another start of this pid", "dead", { startTime: "1" }],
    ["an unknown start time", "dead", { startTime: "unknown" }],
    ["another boot", "dead", { bootId: "b" }],
    ["another boot and namespace", "dead", { bootId: "b", pidNamespace: "n" }],
    ["another namespace", "unknown", { pidNamespace: "n" }],
    ["another machine", "unknown", { machineId: "m" }],
    ["another machine and boot", "unknown", { machineId: "m", bootId: "b" }],
  ] satisfies [string, string, Partial<Owner>][])(
    "says that an owner of %s is %s",
    (_what, vitality, change) => {
      expect<string>(livenessOf({ ...self, ...change })).toBe(vitality);
    },
  );

  test("says that a process that has ended is dead", async () => {
    const child = Bun.spawn(["true"]);
    await child.exited;
    expect(livenessOf({ ...self, pid: child.pid })).toBe("dead");
  });
});
