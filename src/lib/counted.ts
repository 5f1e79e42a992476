/** A count with its noun: `1 task`, `2 tasks`; the plural is given where it is not formed with an `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
