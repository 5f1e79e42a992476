import { editDistance } from "../../lib/suggest.ts";

/**
 * The command that was mistyped, among these names; null where none is near enough: a wrong suggestion is worse than none. A grave
 * one, which ends or removes something, is suggested for a clear typo only.
 */
export function nearCommand(
  typed: string,
  names: readonly string[],
  grave: ReadonlySet<string> = new Set(),
): string | null {
  const word = typed.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of names) {
    const distance = editDistance(word, name);
    const isNear = isTypo(word, name, { distance, isGrave: grave.has(name) });
    if (isNear && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance };
  }
  return best === null ? null : best.name;
}

/** Another first letter is another word (`train`, `drain`), unless the first two are swapped or the first is missing or twice. */
function isTypo(
  typed: string,
  name: string,
  { distance, isGrave }: { readonly distance: number; readonly isGrave: boolean },
): boolean {
  if (distance === 0) return true;
  const isSameStart = typed[0] === name[0];
  if (typed.length <= 2 && isSameStart) return false;
  if (isGrave) return distance <= 1 && isSameStart;
  if (isSameStart) return distance <= (name.length <= 6 || typed.length <= 6 ? 1 : 2);
  const isSwapped = typed[0] === name[1] && typed[1] === name[0];
  return distance === 1 && (isSwapped || (typed.length > 2 && typed.length !== name.length));
}
