/**
 * A predicate for texts that match a pattern, in which `*` stands for any run of characters. It runs in linear time for every pattern; a
 * regular expression with several `.*` would backtrack.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const [first = "", ...others] = glob.split("*");
  const last = others.pop();
  if (last === undefined) return (text) => text === glob;
  const between = others.filter((part) => part !== "");
  return (text) => {
    const end = text.length - last.length;
    if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of between) {
      // The leftmost occurrence leaves the most text for the other parts.
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}
