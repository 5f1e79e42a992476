import { type Clock, timestamp } from "../../lib/clock.ts";
import { mayHaveDevices, type ProbeOptions, probeDevices } from "../../machine/probe.ts";
import { type Device, type DeviceRules, type Inventory, noDevices } from "../../model/device.ts";
import { writeInventory } from "../../store/inventory-file.ts";
import type { Layout } from "../../store/layout.ts";

/** How often the devices are looked at. */
const LOOK_MS = 15_000;
/** Where there is nothing to look at, the tools are searched for again this often: a driver may be installed. */
const SEARCH_MS = 10 * 60_000;
/** Each look at a tool that fails takes twice as long to come: one that hangs in the kernel cannot be killed, and they would pile up. */
const MAX_LOOK_MS = SEARCH_MS;
/** For readers: an inventory in which nothing changes is written this often. */
const WRITE_MS = 60_000;
/** Less than this is no news for whoever places jobs. */
const NEWS_BYTES = 256 * 1_024 ** 2;

export interface KeeperOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly rules: DeviceRules;
  /** Where the tools are, and which devices are hidden from the holder. */
  readonly environment: Readonly<Record<string, string>>;
  readonly isOwn: ProbeOptions["isOwn"];
  /** Called when something changed that may let a task start. */
  readonly nudge: () => void;
  readonly log: (line: string) => void;
  /** `/`, except in tests. */
  readonly root?: string;
  /** LOOK_MS, except in tests. */
  readonly lookMs?: number;
}

/** Keeps the holder's knowledge of the devices fresh: one look at a time, none where there is nothing to see. */
export class InventoryKeeper implements Disposable {
  readonly #options: KeeperOptions;
  readonly #off = new AbortController();
  #latest: Inventory | null = null;
  #timer: Timer | null = null;
  #isLooking = false;
  /** Who asked while a look was on: what it saw first may be old by now. */
  readonly #waiting: (() => void)[] = [];
  #failures = 0;
  #toldProblem: string | null = null;
  #written: { readonly text: string; readonly awakeMs: number } | null = null;

  /** Begins at once: on a machine without GPUs `latest` is there when this returns. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#begin();
  }

  /** What the last look found; null while the first is on. */
  get latest(): Inventory | null {
    return this.#latest;
  }

  /** Looks now, for instance because a job with devices ended; over when a look that began from here on is over. */
  refresh(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#begin();
    return promise;
  }

  #begin(): void {
    if (this.#off.signal.aborted || this.#isLooking) return;
    const waiting = this.#waiting.splice(0);
    const { rules, environment: env, clock, root } = this.#options;
    if (!mayHaveDevices({ rules, env, ...(root !== undefined && { root }) })) {
      this.#take(noDevices(timestamp(clock.now())));
      this.#lookAgainIn(SEARCH_MS);
      for (const resolve of waiting) resolve();
      return;
    }
    this.#isLooking = true;
    this.#look()
      .catch((error: unknown) => this.#options.log(`Internal error at the GPUs: ${String(error)}`))
      .finally(() => {
        for (const resolve of waiting) resolve();
      });
  }

  async #look(): Promise<void> {
    const { rules, environment: env, clock, isOwn, root, lookMs = LOOK_MS } = this.#options;
    try {
      const { signal } = this.#off;
      const probe = { rules, env, clock, isOwn, signal, ...(root !== undefined && { root }) };
      const seen = await probeDevices(probe);
      if (signal.aborted) return;
      this.#failures = seen.problem === null ? 0 : this.#failures + 1;
      this.#take(withUnreachable(seen, this.#latest));
    } finally {
      this.#isLooking = false;
      if (this.#waiting.length > 0) this.#begin();
      else this.#lookAgainIn(Math.min(MAX_LOOK_MS, lookMs * 2 ** this.#failures));
    }
  }

  #lookAgainIn(ms: number): void {
    if (this.#off.signal.aborted) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), ms);
  }

  #take(seen: Inventory): void {
    const { nudge, log } = this.#options;
    const before = this.#latest;
    this.#latest = seen;
    // A tool fails in other words each time, and is one trouble all the same.
    if (seen.problem !== null && this.#toldProblem === null) log(`the GPUs cannot be read: ${seen.problem}`);
    if (seen.problem === null && this.#toldProblem !== null) log("the GPUs can be read again");
    this.#toldProblem = seen.problem;
    this.#write(seen);
    if (before === null || placementTextOf(before) !== placementTextOf(seen)) nudge();
  }

  /** That the disk refuses it is no harm: readers look for themselves then. */
  #write(seen: Inventory): void {
    const { layout, clock } = this.#options;
    const text = JSON.stringify({ ...seen, at: null });
    const isDue = this.#written === null || clock.awakeMs() - this.#written.awakeMs >= WRITE_MS;
    if (!isDue && this.#written?.text === text) return;
    if (writeInventory(layout, seen).ok) this.#written = { text, awakeMs: clock.awakeMs() };
  }

  [Symbol.dispose](): void {
    this.#off.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Devices that were there and that a failing tool does not list stay, of no use until it works again: they are not gone. */
function withUnreachable(seen: Inventory, before: Inventory | null): Inventory {
  const { problem } = seen;
  if (problem === null || before === null) return seen;
  const listed = new Set(seen.devices.map(({ id }) => id));
  const missed = before.devices.filter(({ id }) => !listed.has(id));
  return { ...seen, devices: [...seen.devices, ...missed.map((device) => ({ ...device, fault: problem }))] };
}

/** What matters of an inventory to whoever places jobs; equal texts are no news. */
function placementTextOf({ devices }: Inventory): string {
  const amount = (bytes: number | null): number | null =>
    bytes === null ? null : Math.round(bytes / NEWS_BYTES);
  const newsOfDevice = ({ id, fault, memoryBytes, freeBytes, held, foreign }: Device): unknown => [
    id,
    fault,
    memoryBytes,
    amount(freeBytes),
    held.map(({ token, bytes }) => [token, amount(bytes)]),
    foreign.map(({ pid, bytes }) => [pid, amount(bytes)]),
  ];
  return JSON.stringify(devices.map(newsOfDevice));
}
