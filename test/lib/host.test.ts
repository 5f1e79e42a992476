import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  allPids,
  bootId,
  isAlive,
  machineId,
  pidNamespace,
  startTimeIn,
  startTimeOf,
  statFields,
} from "../../src/lib/host.ts";
import { until } from "../rig/stint.ts";

const own = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };

describe("startTimeOf()", () => {
  test("is constant while a process lives, and differs from that of a later process", async () => {
    await Bun.sleep(20); // The kernel counts in hundredths of a second.
    const child = Bun.spawn(["/bin/sh", "-c", "read line"], { stdin: "pipe" });
    const first = startTimeOf(child.pid);
    expect(first).toMatch(/^\d+$/);
    expect(startTimeOf(child.pid)).toBe(first);
    expect(first).not.toBe(own.startTime);
    await child.stdin.end();
    await child.exited;
    expect(startTimeOf(child.pid)).toBeNull();
  });

  test("is null for a zombie", async () => {
    // `exec` leaves a parent that never waits for the child it was born with.
    const line = "exec 3<&0; (read line <&3) & echo $!; exec sleep 60";
    const parent = Bun.spawn(["/bin/sh", "-c", line], { stdin: "pipe", stdout: "pipe" });
    const { value } = await parent.stdout.getReader().read();
    const zombie = Number(new TextDecoder().decode(value));
    await until("the shell is gone", () => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n");
    expect(startTimeOf(zombie)).toMatch(/^\d+$/);
    await parent.stdin.end();
    await until(
      "the child is a zombie",
      () => statFields(readFileSync(`/proc/${zombie}/stat`, "utf8"))[0] === "Z",
    );
    expect(startTimeOf(zombie)).toBeNull();
    parent.kill("SIGKILL");
    await parent.exited;
  });
});

describe("isAlive()", () => {
  test("is true for the process with that pid and start time alone", () => {
    expect(isAlive(own)).toBeTrue();
    expect(isAlive({ ...own, startTime: `${own.startTime}0` })).toBeFalse();
    expect(isAlive({ ...own, startTime: "unknown" })).toBeFalse();
  });
});

describe("startTimeIn()", () => {
  const line = (name: string, state: string): string => `12 (${name}) ${state} ${"1 ".repeat(18)}98765 7 8`;

  test.each(["sleep", "a b", "a) S (b", ") R 1 1 1 (", "(((", ")))"])(
    "is not misled by a program named %j",
    (name) => {
      expect(startTimeIn(line(name, "S"))).toBe("98765");
    },
  );

  test.each([["Z"], ["X"]])("is null in state %s", (state) => {
    expect(startTimeIn(line("sleep", state))).toBeNull();
  });

  test("is null for a truncated line", () => {
    expect(startTimeIn("12 (sleep) S 1 1")).toBeNull();
  });
});

test("allPids() contains this process, and no pid that is unused", () => {
  expect(allPids()).toContain(process.pid);
  expect(allPids().every((pid) => Number.isSafeInteger(pid) && pid > 0)).toBeTrue();
});

test("bootId(), machineId() and pidNamespace() name this boot, machine and namespace, the same each time", () => {
  expect(bootId()).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  expect(pidNamespace()).toMatch(/^pid:\[\d+\]$/);
  expect(machineId()).not.toBe("");
  expect(machineId()).toBe(machineId());
});
