import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LiveConfig } from "../../../src/daemon/config/live-config.ts";
import { operate } from "../../../src/daemon/requests/operations.ts";
import { DEFAULT_SETTINGS } from "../../../src/intake/default-settings.ts";
import type { Answer, Operation } from "../../../src/model/request.ts";
import { appliedBy, readOverrides } from "../../../src/store/overrides.ts";
import { fakeClock } from "../../rig/clock.ts";
import { refusedAt } from "../../rig/crash.ts";
import { holderOf } from "../../rig/holder.ts";
import { at } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

let home: TempHome;
let supervisor: ReturnType<typeof holderOf>;
let log: string[];

beforeEach(() => {
  home = new TempHome();
  log = [];
  const config = new LiveConfig({ settings: DEFAULT_SETTINGS, text: null, flags: {} });
  supervisor = holderOf(home.layout, fakeClock(), { config, log: (line) => log.push(line) });
});
afterEach(async () => {
  supervisor[Symbol.dispose]();
  await home[Symbol.asyncDispose]();
});

function ask(operation: Operation): Answer | undefined {
  return operate(supervisor, { operation, actor: "bob", at: at(0) })[0];
}

describe("a change of the queue as a whole", () => {
  test("is on the disk, applied, published, audited with its actor and logged when it is answered", () => {
    expect(ask({ verb: "pauseQueue" })?.done).toBe("paused: nothing starts, running jobs go on");
    const paused = { at: at(0), by: "bob" };
    expect(readOverrides(home.layout)).toEqual({ ok: true, value: { lasting: {}, paused } });
    expect(supervisor.machine.paused).toEqual(paused);
    expect(appliedBy(home.layout, supervisor.context.lock.owner.token)?.overrides.paused).toEqual(paused);
    const audited = readFileSync(home.layout.audit, "utf8").trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(audited)).toMatchObject({ event: "queue_paused", actor: "bob" });
    expect(log).toEqual(["queue paused by bob: nothing starts"]);
  });

  test("that is carried out twice is made once", () => {
    const limit = { verb: "limit", bounds: { jobs: 3 }, isLasting: true } as const;
    for (const operation of [{ verb: "pauseQueue" }, limit, limit, { verb: "pauseQueue" }] as const)
      ask(operation);
    expect(readOverrides(home.layout)).toMatchObject({
      value: { lasting: { jobs: 3 }, paused: { by: "bob" } },
    });
    for (let round = 0; round < 2; round += 1) ask({ verb: "resumeQueue" });
    expect(ask({ verb: "resumeQueue" })?.done).toBe("is not paused");
    expect(readOverrides(home.layout)).toEqual({ ok: true, value: { lasting: { jobs: 3 } } });
  });

  test("that the disk refuses is refused, and nothing is changed", () => {
    for (const operation of [
      { verb: "pauseQueue" },
      { verb: "limit", bounds: { jobs: 1 }, isLasting: true },
    ] as const)
      expect(refusedAt("overrides:changing", "ENOSPC", () => ask(operation))?.problem?.code).toBe(
        "DISK_FULL",
      );
    expect(readOverrides(home.layout)).toEqual({ ok: true, value: { lasting: {} } });
    expect([supervisor.machine.paused, log]).toEqual([null, []]);
  });

  test("whose sync the disk refuses is refused, and applies as far as the next supervisor would find it", () => {
    const answer = refusedAt("overrides:changed", "EIO", () => ask({ verb: "pauseQueue" }));
    expect(answer?.problem?.code).toBe("WRITE_FAILED");
    expect(readOverrides(home.layout)).toMatchObject({ value: { paused: { by: "bob" } } });
    expect(supervisor.machine.paused).toMatchObject({ by: "bob" });
  });
});
