import { describe, expect, test } from "bun:test";
import { cpuMsIn, usageBelow } from "../../src/run/usage.ts";

describe("cpuMsIn()", () => {
  const start = "12\nboot\n12 (sh) S 1\n\n13 (job) S 12\n";

  test.each([
    [`${start}0m0.000000s 0m0.000000s\n0m0.510000s 0m0.150000s\n`, 660],
    [`${start}Killed\n0m0.00s 0m0.01s\n61m2.50s 1m0.25s\n`, 3_722_750],
    [`${start}0m0,001s 0m0,001s\n0m1,250s 0m0,000s\n`, 1_250],
    ["", null],
    [start, null],
    [`${start}0m0.1s 0m0.1s\n`, null],
    [`${start}0m0.1s 0m0.1s\n0m0.1`, null],
  ])("of %j is %j", (text, ms) => {
    expect(cpuMsIn(text)).toBe(ms);
  });
});

describe("usageBelow()", () => {
  test("finds the largest of a process and its descendants", async () => {
    const code = "const a = Buffer.alloc(150 << 20, 1); console.log(a.length); setInterval(() => {}, 1e6)";
    const child = Bun.spawn(["sh", "-c", `"$0" -e '${code}' & wait`, process.execPath], {
      stdout: "pipe",
      detached: true,
    });
    try {
      const { value } = await child.stdout.getReader().read();
      expect(value?.length).toBeGreaterThan(0);
      const usage = usageBelow(child.pid);
      expect(usage?.peakRssBytes).toBeGreaterThan(150 << 20);
      expect(usage?.cpuMs).toBeGreaterThan(0);
    } finally {
      process.kill(-child.pid, "SIGKILL");
      await child.exited;
    }
    expect(usageBelow(child.pid)).toBeNull();
  });
});
