import { describe, expect, test } from "bun:test";
import {
  cgroupMountsIn,
  cpuQuotaUs,
  keyedCount,
  membershipsIn,
  placeIn,
} from "../../src/machine/cgroup-texts.ts";

describe("membershipsIn()", () => {
  test("reads both versions, controllers that are mounted together, and colons in a path", () => {
    const text =
      "12:cpu,cpuacct:/user.slice\n1:name=systemd:/a:b\n0::/user.slice/user@1000.service/app.slice/x.scope\n";
    expect(membershipsIn(text)).toEqual([
      { controllers: ["cpu", "cpuacct"], path: "/user.slice" },
      { controllers: ["name=systemd"], path: "/a:b" },
      { controllers: [], path: "/user.slice/user@1000.service/app.slice/x.scope" },
    ]);
  });
});

describe("cgroupMountsIn()", () => {
  test("reads the hierarchies among other mounts, with optional fields and escaped blanks", () => {
    const text = [
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate",
      "33 31 0:30 /docker/4f /mnt/with\\040blank rw - cgroup cgroup rw,cpu,cpuacct",
    ].join("\n");
    expect(cgroupMountsIn(text)).toEqual([
      { version: 2, root: "/", point: "/sys/fs/cgroup", controllers: [] },
      { version: 1, root: "/docker/4f", point: "/mnt/with blank", controllers: ["rw", "cpu", "cpuacct"] },
    ]);
  });
});

describe("placeIn()", () => {
  test.each([
    ["/", "/", "/m"],
    ["/", "/a/b", "/m/a/b"],
    ["/docker/4f", "/docker/4f", "/m"],
    ["/docker/4f", "/docker/4f/a", "/m/a"],
    ["/docker/4f", "/docker/4f0", null],
    ["/docker/4f", "/", null],
  ])("a mount of %s shows %s at %j", (root, path, place) => {
    expect(placeIn({ version: 2, root, point: "/m", controllers: [] }, path)).toBe(place);
  });
});

describe("countIn()", () => {
  test("reads counters of memory.events by their full name, and none that is missing", () => {
    const events = "low 0\nhigh 0\nmax 96\noom 3\noom_kill 2\noom_group_kill 1\n";
    expect([keyedCount(events, "oom"), keyedCount(events, "oom_kill"), keyedCount(events, "peak")]).toEqual([
      3, 2, 0,
    ]);
    expect(keyedCount("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", "oom_kill")).toBe(7);
  });
});

describe("cpuQuotaUs()", () => {
  test.each([
    [2, 200_000],
    [0.5, 50_000],
    [0.01, 1_000],
    [0.001, 1_000],
  ])("%d CPUs are %d µs of each period", (cpus, quota) => {
    expect(cpuQuotaUs(cpus)).toBe(quota);
  });
});
