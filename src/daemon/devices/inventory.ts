import { type Clock, timestamp } from "../../lib/clock.ts";
import { chosenDevices } from "../../machine/choose.ts";
import { mayHaveDevices, type ProbeOptions, probeDevices } from "../../machine/probe.ts";
import { type Device, type DeviceRules, type Inventory, noDevices } from "../../model/device.ts";
import { writeInventory } from "../../store/inventory-file.ts";
import type { Layout } from "../../store/layout.ts";

/** How often the devices are probed. */
const PROBE_MS = 15_000;
/** Without devices, the vendors' tools are searched for this often: a driver may be installed. */
const SEARCH_MS = 10 * 60_000;
/** The wait doubles with each failed probe, up to this: a tool that hangs in the kernel cannot be killed, and they would accumulate. */
const MAX_PROBE_MS = SEARCH_MS;
/** An unchanged inventory is written for readers this often. */
const WRITE_MS = 60_000;
/** A smaller change of free memory makes no new plan. */
const PLANNED_BYTES = 256 * 1_024 ** 2;

export interface KeeperOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly rules: () => DeviceRules;
  /** PATH of the tools, and the variables that hide devices from the supervisor. */
  readonly environment: Readonly<Record<string, string>>;
  readonly isOwn: ProbeOptions["isOwn"];
  /** Called when something changed that may let a task start. */
  readonly nudge: () => void;
  readonly log: (line: string) => void;
  /** `/`, except in tests. */
  readonly root?: string;
  /** PROBE_MS, except in tests. */
  readonly lookMs?: number;
}

/** Probes the devices periodically, one probe at a time, and not at all where no vendor's tool is found. */
export class InventoryKeeper implements Disposable {
  readonly #options: KeeperOptions;
  readonly #closing = new AbortController();
  #latest: Inventory | null = null;
  #timer: Timer | null = null;
  #isProbing = false;
  /** Callers of `refresh` during a probe, who wait for the next one: this one may have read their device before they asked. */
  readonly #waiting: (() => void)[] = [];
  #failures = 0;
  #loggedProblem: string | null = null;
  #written: { readonly text: string; readonly awakeMs: number } | null = null;

  /** Begins the first probe; on a machine without GPUs, `latest` is set when this returns. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#begin();
  }

  /** What the last probe found; null during the first one. */
  get latest(): Inventory | null {
    return this.#latest;
  }

  /** Probes now, for instance because a job with devices ended; resolves when a probe that began after the call is over. */
  refresh(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#begin();
    return promise;
  }

  /** Drops at once the devices that changed rules exclude, and probes for those that they add. */
  takeRules(): void {
    const { environment: env, rules } = this.#options;
    const seen = this.#latest;
    if (seen !== null)
      this.#update({ ...seen, devices: chosenDevices(seen.devices, { rules: rules(), env }) });
    void this.refresh();
  }

  #begin(): void {
    if (this.#closing.signal.aborted || this.#isProbing) return;
    const waiting = this.#waiting.splice(0);
    const { environment: env, clock, root } = this.#options;
    const rules = this.#options.rules();
    if (!mayHaveDevices({ rules, env, ...(root !== undefined && { root }) })) {
      this.#update(noDevices(timestamp(clock.now())));
      this.#probeAgainIn(SEARCH_MS);
      for (const resolve of waiting) resolve();
      return;
    }
    this.#isProbing = true;
    this.#probe()
      .catch((error: unknown) => this.#options.log(`Internal error while reading the GPUs: ${String(error)}`))
      .finally(() => {
        for (const resolve of waiting) resolve();
      });
  }

  async #probe(): Promise<void> {
    const { environment: env, clock, isOwn, root, lookMs = PROBE_MS } = this.#options;
    const rules = this.#options.rules();
    try {
      const { signal } = this.#closing;
      const probe = { rules, env, clock, isOwn, signal, ...(root !== undefined && { root }) };
      const seen = await probeDevices(probe);
      // After a change of the rules the next probe is already waited for.
      if (signal.aborted || !Bun.deepEquals(rules, this.#options.rules())) return;
      this.#failures = seen.problem === null ? 0 : this.#failures + 1;
      this.#update(withUnreachable(seen, this.#latest));
    } finally {
      this.#isProbing = false;
      if (this.#waiting.length > 0) this.#begin();
      else this.#probeAgainIn(Math.min(MAX_PROBE_MS, lookMs * 2 ** this.#failures));
    }
  }

  #probeAgainIn(ms: number): void {
    if (this.#closing.signal.aborted) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), ms);
  }

  #update(seen: Inventory): void {
    const { nudge, log } = this.#options;
    const before = this.#latest;
    this.#latest = seen;
    // Logged once: a tool may word the same failure differently each time.
    if (seen.problem !== null && this.#loggedProblem === null) log(`GPUs cannot be read: ${seen.problem}`);
    if (seen.problem === null && this.#loggedProblem !== null) log("GPUs can be read again");
    this.#loggedProblem = seen.problem;
    this.#write(seen);
    if (before === null || placementTextOf(before) !== placementTextOf(seen)) nudge();
  }

  /** Writes the inventory for readers; where the disk refuses it, they probe the devices themselves. */
  #write(seen: Inventory): void {
    const { layout, clock } = this.#options;
    const text = JSON.stringify({ ...seen, at: null });
    const isDue = this.#written === null || clock.awakeMs() - this.#written.awakeMs >= WRITE_MS;
    if (!isDue && this.#written?.text === text) return;
    if (writeInventory(layout, seen).ok) this.#written = { text, awakeMs: clock.awakeMs() };
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Keeps devices that a failing tool no longer lists, with its error as their fault: they are not gone, and cannot be assigned. */
function withUnreachable(seen: Inventory, before: Inventory | null): Inventory {
  const { problem } = seen;
  if (problem === null || before === null) return seen;
  const listed = new Set(seen.devices.map(({ id }) => id));
  const missed = before.devices.filter(({ id }) => !listed.has(id));
  return { ...seen, devices: [...seen.devices, ...missed.map((device) => ({ ...device, fault: problem }))] };
}

/** The parts of an inventory that placement depends on, as text; equal texts need no new plan. */
function placementTextOf({ devices }: Inventory): string {
  const amount = (bytes: number | null): number | null =>
    bytes === null ? null : Math.round(bytes / PLANNED_BYTES);
  const partsOfDevice = ({ id, fault, memoryBytes, freeBytes, held, foreign }: Device): unknown => [
    id,
    fault,
    memoryBytes,
    amount(freeBytes),
    held.map(({ token, bytes }) => [token, amount(bytes)]),
    foreign.map(({ pid, bytes }) => [pid, amount(bytes)]),
  ];
  return JSON.stringify(devices.map(partsOfDevice));
}
