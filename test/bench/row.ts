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
