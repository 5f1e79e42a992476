import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { LimitBackend } from "../machine/limit-backend.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import type { HeldLock } from "../store/lock.ts";
import type { LiveConfig } from "./config/live-config.ts";

/** The options and services that all parts of a supervisor share; of these, `config` alone changes. */
export interface SupervisorContext {
  readonly layout: Layout;
  readonly lock: HeldLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: LiveConfig;
  /** Holds jobs to their limits; detected once, when it is first asked for. */
  readonly limitBackend: () => LimitBackend;
  /** The system's name of the user, for records and the audit log. */
  readonly actor: string;
  /** Path of this executable, which also interprets bun scripts. */
  readonly self: string;
  /** Variables that a job inherits where no submitter's environment was captured. */
  readonly environment: Readonly<Record<string, string>>;
  /** Which queued tasks this supervisor may start; null for all. */
  readonly mayClaim: ((task: Task) => boolean) | null;
  /** Reports the progress of a scan of all ended tasks. */
  readonly onProgress?: (count: number, all: number) => void;
  /** Writes a line of the supervisor's log. */
  readonly log: (line: string) => void;
}
