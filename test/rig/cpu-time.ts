/** The CPU time that some work takes, in ms: what else the machine does makes it no longer. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The same, with what the work gives. */
export function timed<T>(work: () => T): readonly [T, number] {
  const given: T[] = [];
  const ms = cpuMsOf(() => given.push(work()));
  return [given[0] as T, ms];
}
