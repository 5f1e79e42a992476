/**
 * True for the texts that a pattern stands for, in which `*` is any run of characters and all else is itself. Each text is gone through
 * once, whatever the pattern: a regular expression made of it would try each way to share the text among the stars.
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
      // Where a part is met for the first time there is the most room for the others.
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}
