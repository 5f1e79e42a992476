import { expect, test } from "bun:test";
import { Stint } from "../rig/stint.ts";

for (const isSupervised of [false, true])
  test(`a dry run says what would be done, and changes nothing, ${isSupervised ? "with" : "without"} a supervisor`, async () => {
    await using stint = new Stint();
    await stint.run(["run", "--name", "bad", "--", "false"]);
    await stint.ok("submit", "--name", "first", "--hold", "--", "true");
    await stint.ok("submit", "--name", "second", "--hold", "--priority", "3", "--", "true");
    if (isSupervised) await stint.up();
    const before = stint.records();
    expect(await stint.ok("retry", "bad", "--set", "priority=7", "--dry-run")).toBe(
      "000001-bad would be queued\n000001-bad would be changed: priority 0 → 7",
    );
    expect(await stint.ok("set", "first", "priority=7", "--dry-run")).toBe(
      "000002-first would be changed: priority 0 → 7",
    );
    expect(await stint.ok("set", "first", "priority=0", "--dry-run")).toBe("000002-first is as it was");
    expect(await stint.ok("move", "first", "--before", "second", "--dry-run")).toBe(
      "000002-first would be moved before 000003-second, with the priority 3 of 000003-second",
    );
    const refused = await stint.run(["retry", "first", "--dry-run"]);
    expect(refused.err).toContain(
      'Cannot retry "000002-first": it is queued, wanted a failed or cancelled one',
    );
    expect(refused.code).not.toBe(0);
    expect(stint.records()).toEqual(before);
  });
