import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { instantMs, systemClock, timestamp } from "../../src/lib/clock.ts";
import { fc } from "../rig/fast-check.ts";

test("timestamp() is RFC 3339 in UTC with milliseconds", () => {
  expect(timestamp(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(timestamp(1_767_323_045_006)).toBe("2026-01-02T03:04:05.006Z");
});

test("instantMs() reads what timestamp() makes, and other forms as Date.parse does", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
      (date) => {
        expect(instantMs(timestamp(date.getTime()))).toBe(date.getTime());
      },
    ),
  );
  for (const text of ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.006+01:00", "2026-01-02T03:04:05.0060Z"])
    expect(instantMs(text)).toBe(Date.parse(text));
  expect(instantMs("never")).toBeNaN();
});

test("systemClock.now() is the wall clock", () => {
  const before = Date.now();
  expect(systemClock.now()).toBeWithin(before, Date.now() + 1);
});

test("systemClock.awakeMs() is one clock for every process", async () => {
  const before = systemClock.awakeMs();
  const module = resolve("src/lib/clock.ts");
  const line = `import { systemClock } from ${JSON.stringify(module)}; console.log(String(systemClock.awakeMs()));`;
  const child = Bun.spawn([process.execPath, "-e", line], { stdout: "pipe" });
  const theirs = Number(await child.stdout.text());
  const later = systemClock.awakeMs();
  expect(theirs).toBeGreaterThan(before);
  expect(later).toBeGreaterThan(theirs);
});

test("systemClock.awakeMs() counts in milliseconds", async () => {
  // One span contains the other: a test that is stopped between two readings of the clocks still holds.
  const [began, awake, wall] = [performance.now(), systemClock.awakeMs(), performance.now()];
  while (performance.now() - wall < 30) await Bun.sleep(5);
  const [least, passed, most] = [
    performance.now() - wall,
    systemClock.awakeMs() - awake,
    performance.now() - began,
  ];
  expect(passed).toBeWithin(least * 0.9 - 1, most * 1.1 + 1);
});
