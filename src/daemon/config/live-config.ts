import type { Settings } from "../../intake/default-settings.ts";
import type { NoticeRules } from "../../model/notice.ts";
import { type Applied, NO_OVERRIDES, type Overrides } from "../../model/overrides.ts";
import type { SchedulingConfig } from "../../plan/input.ts";
import { boundsOfFlags, type StartFlags, schedulingConfigOf } from "./scheduling-config.ts";

/** What a supervisor starts with. */
export interface Terms {
  readonly settings: Settings;
  /** The text of config.yaml that they are from; null where there is none. */
  readonly text: string | null;
  readonly flags: StartFlags;
}

/** What a supervisor applies: config.yaml, its flags, and what was changed at run time. `Supervisor.reconfigure` alone changes it. */
export class LiveConfig {
  readonly flags: StartFlags;
  readonly #compute: typeof schedulingConfigOf;
  #settings: Settings;
  #text: string | null;
  #owner: string | null = null;
  #overrides: Overrides = NO_OVERRIDES;
  #scheduling: SchedulingConfig;
  /** Set while config.yaml has faults, and the one before is used. */
  refused: Omit<NonNullable<Applied["refused"]>, "kept"> | null = null;

  constructor({ settings, text, flags }: Terms, compute = schedulingConfigOf) {
    this.flags = flags;
    this.#settings = settings;
    this.#text = text;
    this.#compute = compute;
    this.#scheduling = this.#computed();
  }

  get settings(): Settings {
    return this.#settings;
  }

  get notices(): NoticeRules {
    return this.#settings.notices;
  }

  get scheduling(): SchedulingConfig {
    return this.#scheduling;
  }

  get overrides(): Overrides {
    return this.#overrides;
  }

  /** The overrides for the process with this token, which owns the lock. */
  takeOverrides(overrides: Overrides, owner: string): void {
    this.#overrides = overrides;
    this.#owner = owner;
    this.#scheduling = this.#computed();
  }

  /** Another config.yaml without faults. */
  takeSettings(settings: Settings, text: string | null): void {
    this.#settings = settings;
    this.#text = text;
    this.refused = null;
    this.#scheduling = this.#computed();
  }

  /** For readers. */
  appliedBy(owner: string): Applied {
    const { capacity, labels } = this.#scheduling;
    const { refused } = this;
    return {
      owner,
      capacity,
      labels,
      flags: boundsOfFlags(this.flags),
      overrides: this.#overrides,
      ...(refused !== null && { refused: { ...refused, kept: this.#text } }),
    };
  }

  #computed(): SchedulingConfig {
    return this.#compute(this.#settings, this.flags, { overrides: this.#overrides, owner: this.#owner });
  }
}
