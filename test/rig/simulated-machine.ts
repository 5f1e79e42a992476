import { resolve } from "node:path";
import { enqueue } from "../../src/daemon/admit/enqueue.ts";
import { LiveConfig } from "../../src/daemon/config/live-config.ts";
import { Schedules, scheduleChores } from "../../src/daemon/schedules/schedules.ts";
import { openSession, type Session } from "../../src/daemon/session.ts";
import { supervise } from "../../src/daemon/supervise.ts";
import { DEFAULT_SETTINGS } from "../../src/intake/default-settings.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import type { LimitBackend } from "../../src/machine/limit-backend.ts";
import { newBatch } from "../../src/store/batch.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import { aMachine } from "./machine.ts";
import { valueOf } from "./results.ts";
import { environmentOf } from "./surroundings.ts";
import type { TempHome } from "./temp-home.ts";

/** No sleep of the loop is longer, as an event that is lost is found by looking. */
const MAX_SLEEP_MS = 3_600_000;

/** A machine with a clock that the test moves: a real home, real jobs, one supervisor after the other. */
export class SimulatedMachine {
  readonly clock: FakeClock;
  readonly log: string[] = [];
  readonly #home: TempHome;
  #up: { readonly session: Session; readonly schedules: Schedules } | null = null;

  constructor(home: TempHome, nowMs: number) {
    this.#home = home;
    const clock = fakeClock(nowMs);
    // Jobs and tools are real and take their time, also while the calendar stands.
    this.clock = { ...clock, awakeMs: () => clock.awakeMs() + performance.now() };
  }

  /** Starts a supervisor, as a boot does. */
  async boot(): Promise<void> {
    const { layout, path } = this.#home;
    const backend: LimitBackend = { type: "none", controllers: [], why: "a test", own: null };
    const session = valueOf(
      await openSession(
        {
          layout,
          clock: this.clock,
          random: () => 0.5,
          config: new LiveConfig({ settings: DEFAULT_SETTINGS, text: null, flags: {} }, () => aMachine()),
          limitBackend: () => backend,
          actor: "ada",
          self: resolve("dist/stint"),
          environment: { ...environmentOf(path), XDG_RUNTIME_DIR: path },
          mayClaim: null,
          log: (line) => this.log.push(`${new Date(this.clock.now()).toISOString()} ${line}`),
        },
        "up",
      ),
    );
    this.#up = { session, schedules: new Schedules(session.supervisor, { userHome: path }) };
    // What a supervisor reads it reads once it has stood still for a moment.
    for (let look = 0; look < 3; look += 1) {
      await this.#turn();
      this.clock.advance(500);
    }
    await this.#turn();
  }

  /** The power goes. */
  async off(): Promise<void> {
    this.#up?.schedules[Symbol.dispose]();
    await this.#up?.session[Symbol.asyncDispose]();
    this.#up = null;
  }

  /** Lets time pass until a moment: the loop sleeps as long as it may, or no supervisor runs. */
  async until(untilMs: number, lid: "open" | "closed" = "open"): Promise<void> {
    if (lid === "closed" || this.#up === null) {
      this.clock.jump(untilMs - this.clock.now());
      return this.#turn();
    }
    while (this.clock.now() < untilMs) {
      const waitMs = this.#up.schedules.tick() ?? MAX_SLEEP_MS;
      // A reader takes real time, while the calendar stands.
      if (this.#up.schedules.busyInMs !== null) {
        await this.#turn();
        continue;
      }
      this.clock.advance(Math.max(1, Math.min(waitMs, MAX_SLEEP_MS, untilMs - this.clock.now())));
      await this.#turn();
    }
  }

  /** What a line of a crontab does: `stint submit`, and the supervisor that is up works it off. */
  async submit(text: string): Promise<void> {
    const { layout, path } = this.#home;
    const nowMs = this.clock.now();
    const drafts = valueOf(
      readSubmission(text, { file: "cron.yaml", defaultName: "cron", defaultCwd: path, home: path, nowMs }),
    );
    valueOf(
      enqueue(layout, drafts, {
        batch: newBatch(),
        clock: this.clock,
        machine: aMachine(),
        controllers: [],
        createdBy: "ada",
        source: "cli",
      }),
    );
    await this.#turn();
  }

  /** Looks, starts what may start, and waits for its end; the clock stands. */
  async #turn(): Promise<void> {
    if (this.#up === null) return;
    const { session, schedules } = this.#up;
    await supervise(session.supervisor, {
      sources: scheduleChores(schedules),
      isDone: ({ jobs, queue }, isQuiet) => isQuiet && jobs.size === 0 && queue.queued.length === 0,
    });
  }
}
