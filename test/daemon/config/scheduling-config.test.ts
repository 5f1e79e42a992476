import { describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { type StartFlags, schedulingConfigOf } from "../../../src/daemon/config/scheduling-config.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/intake/default-settings.ts";
import { type Bounds, NO_OVERRIDES, withBounds, withPause } from "../../../src/model/overrides.ts";
import { ALWAYS } from "../../../src/model/work.ts";
import type { SchedulingConfig } from "../../../src/plan/input.ts";

const CORES = availableParallelism();

function configOf(
  settings: Partial<Settings>,
  changed: Bounds = {},
  flags: StartFlags = {},
): SchedulingConfig {
  const overrides = withBounds(NO_OVERRIDES, changed, { owner: "now", isLasting: true });
  return schedulingConfigOf({ ...DEFAULT_SETTINGS, ...settings }, flags, { overrides, owner: "now" });
}

describe("the scheduling configuration", () => {
  test("takes the number of jobs from stint jobs, else from the flag, else from config.yaml, else one for each core", () => {
    const jobs = [
      configOf({}),
      configOf({ jobs: 50 }),
      configOf({ jobs: 50 }, {}, { jobs: 60 }),
      configOf({ jobs: 50 }, { jobs: 70 }, { jobs: 60 }),
    ].map(({ capacity }) => capacity.jobs);
    expect(jobs).toEqual([CORES, 50, 60, 70]);
  });

  test("keeps its CPUs where fewer jobs may run, so that a task for many CPUs is still accepted", () => {
    const lowered = configOf({ jobs: CORES + 8 }, { jobs: 1 }).capacity;
    expect(lowered).toMatchObject({ jobs: 1, cpus: CORES + 8 });
    expect(configOf({}, { jobs: CORES + 3 }).capacity.cpus).toBe(CORES + 3);
  });

  test("probes for all GPUs that config.yaml or stint jobs allow, and lets jobs use those of stint jobs", () => {
    const devices = { ...DEFAULT_SETTINGS.devices, allow: ["0"] };
    const seen = [undefined, ["1"], [], null].map((gpus) => {
      const config = configOf({ devices }, gpus === undefined ? {} : { gpus });
      return [config.deviceRules.allow, config.gpus];
    });
    expect(seen).toEqual([
      [["0"], null],
      [["0", "1"], ["1"]],
      [["0"], []],
      [null, null],
    ]);
    const open = configOf({}, { gpus: ["1"] });
    expect([open.deviceRules.allow, open.gpus]).toEqual([null, ["1"]]);
  });

  test("has a pause of the queue, and no work hours where a task is run by hand", () => {
    const work = { ...ALWAYS, maxLoad: 1 };
    const paused = { at: "2026-05-01T00:00:00.000Z", by: "ada" };
    const settings = { ...DEFAULT_SETTINGS, work };
    const config = schedulingConfigOf(
      settings,
      { ignoresWork: true },
      { overrides: withPause(NO_OVERRIDES, paused), owner: null },
    );
    expect([config.work, config.paused, configOf({ work }).work]).toEqual([ALWAYS, paused, work]);
  });
});
