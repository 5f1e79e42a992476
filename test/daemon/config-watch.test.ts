import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { LiveConfig } from "../../src/daemon/config/live-config.ts";
import { withShell } from "../../src/daemon/config/shell.ts";
import { ConfigWatch } from "../../src/daemon/config-watch.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/intake/default-settings.ts";
import { appliedBy } from "../../src/store/overrides.ts";
import { fakeClock } from "../rig/clock.ts";
import { holderOf } from "../rig/holder.ts";
import { TempHome } from "../rig/temp-home.ts";

const DEFAULTS = withShell(DEFAULT_SETTINGS, {});

/** A supervisor that has read its config.yaml, and what it logs. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock = fakeClock();
  readonly log: string[] = [];
  readonly taken: Settings[] = [];
  readonly config: LiveConfig;
  readonly supervisor;
  readonly #watch: ConfigWatch;

  constructor(jobs?: number) {
    this.config = new LiveConfig({ settings: DEFAULTS, text: null, flags: { jobs } });
    this.supervisor = holderOf(this.home.layout, this.clock, {
      config: this.config,
      log: (line) => this.log.push(line),
    });
    this.#watch = new ConfigWatch(this.supervisor, {
      userHome: "/",
      onSettings: (settings) => this.taken.push(settings),
    });
    this.tick(0);
  }

  get jobs(): number {
    return this.config.scheduling.capacity.jobs;
  }

  write(text: string): void {
    writeFileSync(this.home.layout.settings, text);
  }

  /** Lets time pass, without any event, and checks. */
  tick(ms: number): number | null {
    this.clock.advance(ms);
    return this.#watch.tick();
  }

  /** The same until a changed file is judged. */
  settle(): void {
    for (let ms = this.tick(2_000); ms !== null; ms = this.tick(ms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

describe("a config.yaml that changes while a supervisor runs", () => {
  test("is taken up once it has stood still, without an event too", async () => {
    await using rig = new Rig();
    rig.write("jobs: 7\n");
    expect(rig.tick(100)).toBeNull();
    expect(rig.tick(1_900)).toBe(300);
    // Its writer goes on.
    rig.write("jobs: 7\nlabels: {pool: night}\n");
    expect(rig.tick(300)).toBe(300);
    expect(rig.jobs).not.toBe(7);
    expect(rig.tick(300)).toBeNull();
    expect([rig.jobs, rig.config.scheduling.labels]).toEqual([7, { pool: "night" }]);
    expect(rig.log).toEqual(["config.yaml was read again: changed: jobs, labels"]);
    expect(rig.taken).toHaveLength(1);
    rig.settle();
    expect(rig.log).toHaveLength(1);
  });

  test("is refused as a whole where it has a fault, which is told once, with its line and column", async () => {
    await using rig = new Rig();
    rig.write("jobs: 7\n");
    rig.settle();
    rig.write("labels: {pool: day}\njobs: none\n");
    rig.settle();
    rig.settle();
    expect([rig.jobs, rig.config.scheduling.labels]).toEqual([7, {}]);
    const refused = appliedBy(rig.home.layout, rig.supervisor.context.lock.owner.token)?.refused;
    expect(refused).toEqual({
      message: expect.stringContaining('config.yaml:2:7: "jobs" is "none"'),
      kept: "jobs: 7\n",
    });
    expect(rig.log.slice(1)).toEqual([
      expect.stringContaining("config.yaml has a fault, so the settings before it still apply: /"),
    ]);
    rig.write("jobs: 8\n");
    rig.settle();
    expect([rig.jobs, rig.config.refused]).toEqual([8, null]);
    expect(rig.log.at(-1)).toBe("config.yaml was read again: changed: jobs");
  });

  test("that is good again as it was is said to be", async () => {
    await using rig = new Rig();
    rig.write("jobs: x\n");
    rig.settle();
    rig.write("{}\n");
    rig.settle();
    expect(rig.log.at(-1)).toBe("config.yaml was read again: as before the faults");
    expect(rig.taken).toEqual([]);
  });

  test("is missed for a moment while an editor saves it, and counts as removed later", async () => {
    await using rig = new Rig();
    rig.write("jobs: 7\n");
    rig.settle();
    rmSync(rig.home.layout.settings);
    expect(rig.tick(2_000)).toBe(3_000);
    rig.write("jobs: 6\n");
    rig.settle();
    expect(rig.jobs).toBe(6);
    rmSync(rig.home.layout.settings);
    rig.settle();
    expect(rig.config.settings).toEqual(DEFAULTS);
  });

  test("does not change what a flag or stint jobs has set, and the log says so", async () => {
    await using rig = new Rig(2);
    rig.write("jobs: 7\n");
    rig.settle();
    expect(rig.jobs).toBe(2);
    expect(rig.log.at(-1)).toBe("jobs stays 2, set by --jobs of this supervisor");
    const { token } = rig.supervisor.context.lock.owner;
    rig.supervisor.reconfigure((config) => config.takeOverrides({ lasting: { jobs: 3 } }, token));
    rig.write("jobs: 8\n");
    rig.settle();
    expect(rig.jobs).toBe(3);
    expect(rig.log.at(-1)).toContain("jobs stays 3, set by stint jobs");
  });
});
