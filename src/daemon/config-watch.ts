import { DEFAULT_SETTINGS, type Settings } from "../intake/default-settings.ts";
import { SETTLE_MS } from "../intake/inbox.ts";
import { settingsOfText } from "../intake/settings-text.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { describeRefusal, layersOf } from "../model/overrides.ts";
import { tryFs } from "../store/fs-errors.ts";
import { readSettingsText, settingsStamp } from "../store/settings.ts";
import { withShell } from "./config/shell.ts";
import type { Supervisor } from "./supervisor.ts";

/** Without an event, config.yaml is checked this often; it costs one stat(2). */
const CHECK_MS = 1_900;
/** An editor may take the file away for a moment while it saves. */
const AWAY_MS = 3_000;

/** A version of config.yaml: what stat(2) says of it, null for no file, or the error of the system. */
type Version = { readonly stamp: string | null } | { readonly problem: Problem };

/**
 * Takes up config.yaml while a supervisor runs. A changed file is read once it has stood still for SETTLE_MS, as a writer may be in the
 * middle of it; one that is gone counts as removed after AWAY_MS. A file with faults changes nothing: what was applied before still is,
 * and the faults are told in the log, and to readers by applied.json.
 */
export class ConfigWatch {
  readonly #supervisor: Supervisor;
  readonly #from: { readonly userHome: string; readonly onSettings: (settings: Settings) => void };
  /** The version that was last applied or refused; null before the first check. */
  #judged: Version | null = null;
  /** A newer version, and since when it is as it is, as `Clock.awakeMs`. */
  #seen: { readonly version: Version; readonly sinceMs: number } | null = null;
  #dueMs = 0;

  /** `onSettings` is called with settings that differ from those before. */
  constructor(
    supervisor: Supervisor,
    from: { readonly userHome: string; readonly onSettings: (settings: Settings) => void },
  ) {
    this.#supervisor = supervisor;
    this.#from = from;
  }

  /** The file may have changed. */
  mark(): void {
    this.#dueMs = 0;
  }

  /** Checks where that is due; returns in how many ms to check again a file that has just changed, else null. */
  tick(): number | null {
    const { context, isConfigPublished } = this.#supervisor;
    const nowMs = context.clock.awakeMs();
    if (nowMs < this.#dueMs) return this.#seen === null ? null : this.#dueMs - nowMs;
    if (!isConfigPublished) this.#supervisor.publishConfig();
    this.#dueMs = nowMs + CHECK_MS;
    const stamp = tryFs("read config.yaml", () => settingsStamp(context.layout));
    const version = stamp.ok ? { stamp: stamp.value } : { problem: stamp.error };
    if (Bun.deepEquals(version, this.#judged)) {
      this.#seen = null;
      return null;
    }
    if (!Bun.deepEquals(version, this.#seen?.version)) this.#seen = { version, sinceMs: nowMs };
    const isGone = "stamp" in version && version.stamp === null;
    const leftMs = (this.#seen?.sinceMs ?? nowMs) + (isGone ? AWAY_MS : SETTLE_MS) - nowMs;
    // What it was started with was read a moment ago.
    if (leftMs > 0 && this.#judged !== null) {
      this.#dueMs = nowMs + leftMs;
      return leftMs;
    }
    this.#judged = version;
    this.#seen = null;
    this.#read();
    return null;
  }

  #read(): void {
    const { layout } = this.#supervisor.context;
    const text = readSettingsText(layout);
    if (!text.ok) return this.#refuse(text.error);
    const settings = this.#parsed(text.value);
    if (settings.ok) this.#take(settings.value, text.value);
    else this.#refuse(settings.error);
  }

  #parsed(text: string | null): Result<Settings, Problem> {
    const { userHome } = this.#from;
    const { layout, environment } = this.#supervisor.context;
    const settings =
      text === null ? ok(DEFAULT_SETTINGS) : settingsOfText(text, { file: layout.settings, userHome });
    return settings.ok ? ok(withShell(settings.value, environment)) : settings;
  }

  #take(settings: Settings, text: string | null): void {
    const { config, log } = this.#supervisor.context;
    const before = config.settings;
    const wasRefused = config.refused !== null;
    const changed = changedKeys(before, settings);
    if (changed.length === 0 && !wasRefused) return config.takeSettings(before, text);
    this.#supervisor.reconfigure((live) => live.takeSettings(settings, text));
    log(
      `config.yaml was read again: ${changed.length === 0 ? "as before the faults" : `changed: ${changed.join(", ")}`}`,
    );
    for (const line of this.#outranked(changed)) log(line);
    if (changed.length > 0) this.#from.onSettings(settings);
  }

  /** What was changed in config.yaml and has no effect. */
  #outranked(changed: readonly string[]): string[] {
    const { config, lock } = this.#supervisor.context;
    const { lasting, untilRestart } = layersOf(config.overrides, lock.owner.token);
    const isFlag = config.flags.jobs !== undefined;
    const isOverride = lasting.jobs !== undefined || untilRestart.jobs !== undefined;
    if (!changed.includes("jobs") || !(isFlag || isOverride)) return [];
    const by = isOverride ? "stint jobs (stint jobs --reset drops that)" : "--jobs of this supervisor";
    return [`jobs stays ${config.scheduling.capacity.jobs}, set by ${by}`];
  }

  #refuse(found: Problem): void {
    const { config, log } = this.#supervisor.context;
    // The first line of the first fault has its line and column.
    const message = found.faults?.split("\n")[0] ?? found.message;
    if (config.refused?.message !== message) log(describeRefusal(message));
    this.#supervisor.reconfigure((live) => {
      live.refused = { message };
    });
  }
}

const NAMES: Readonly<Record<keyof Settings, string>> = {
  jobs: "jobs",
  inboxes: "inboxes",
  defaults: "defaults",
  devices: "gpus",
  memoryReserveBytes: "memory",
  policy: "scheduling or concurrency",
  labels: "labels",
  notices: "notify or notices",
  work: "work",
  retention: "retention",
};

/** The keys of config.yaml whose values differ. */
function changedKeys(before: Settings, after: Settings): string[] {
  const keys = Object.keys(NAMES) as (keyof Settings)[];
  return keys.filter((key) => !Bun.deepEquals(before[key], after[key])).map((key) => NAMES[key]);
}
