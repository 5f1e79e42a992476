const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longer than any queue lives, and far below the range of a Date. */
export const MAX_DURATION_MS = 10_000 * 86_400_000;

/** Parses `90s`, `15m`, `1h30m`, `250ms`, `2d` into milliseconds; null for anything else, a bare number included. */
export function parseDuration(text: string): number | null {
  const compact = text.trim();
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(compact)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  return totalMs <= MAX_DURATION_MS ? Math.round(totalMs) : null;
}

/** A duration for people, with at most two units, the largest first: `1h 30m`, `2.5s`, `40ms`. */
export function formatDuration(ms: number): string {
  return unitsOf(ms).join(" ");
}

/** A duration as a task file has it: `1h30m`. */
export function typedDuration(ms: number): string {
  return unitsOf(ms).join("");
}

function unitsOf(ms: number): string[] {
  if (ms < 1_000) return [`${Math.max(0, Math.round(ms))}ms`];
  if (ms < 10_000) return [`${Math.floor(ms / 100) / 10}s`];
  const totalSeconds = Math.floor(ms / 1_000);
  const parts = [
    [Math.floor(totalSeconds / 86_400), "d"],
    [Math.floor((totalSeconds % 86_400) / 3_600), "h"],
    [Math.floor((totalSeconds % 3_600) / 60), "m"],
    [totalSeconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`);
}
