import { readFileSync } from "node:fs";

/** One figure of a row, in the unit that its name ends with. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

/** What a row came to. */
export interface Measured {
  readonly figures: readonly Figure[];
  /** What is held against the aim, in words; null where what it is compared with is not on this machine. */
  readonly says: string;
  readonly isReached: boolean | null;
}

/** One line of the table. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly aim: string;
  readonly measure: (options: BenchOptions) => Promise<Measured>;
}

export interface BenchOptions {
  /** How often each contender runs; they take turns, so that a slow moment of the machine hits all of them. */
  readonly rounds: number;
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that a share of the others does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** Lets contenders take turns for some rounds; gives the median of each, in ms. */
export async function takeTurns<const Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) times.get(name)?.push(await contenders[name]());
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

/** How long some work takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** Clock ticks a second in /proc/PID/stat: USER_HZ, 100 on every Linux (proc_pid_stat(5)). */
const USER_HZ = 100;

/** What a process has used: CPU in ms since its start, resident memory in MiB now and at most. */
export interface Usage {
  readonly cpuMs: number;
  readonly megabytes: number;
  readonly mostMegabytes: number;
}

/** The usage of a living process. */
export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytesOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024;
  return {
    cpuMs: (ticks * 1_000) / USER_HZ,
    megabytes: megabytesOf("VmRSS"),
    mostMegabytes: megabytesOf("VmHWM"),
  };
}

/** What a process uses while it is watched: CPU in percent of a core. */
export async function watched(pid: number, ms: number): Promise<Usage & { readonly cpuPercent: number }> {
  const before = usageOf(pid);
  await Bun.sleep(ms);
  const after = usageOf(pid);
  return { ...after, cpuPercent: ((after.cpuMs - before.cpuMs) * 100) / ms };
}
