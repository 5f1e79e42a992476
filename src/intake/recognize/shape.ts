import { lineParts } from "../slips/line.ts";

/** So many lines tell what a file is. */
const MAX_LINES = 2_000;
/** The rest of a longer line says nothing of the file. */
const MAX_LINE_LENGTH = 500;

/** A key at the left margin. */
export interface MarginKey {
  readonly key: string;
  /** 0-based. */
  readonly row: number;
  /** The keys of the mapping below it, and those below these. */
  readonly below: ReadonlySet<string>;
  /** True where lines that are indented by a tab, or by blanks and have no key, are below it, as in recipes. */
  readonly hasRecipe: boolean;
}

/** The shape of a text, seen without a parser: it may be of any format. */
export interface FileShape {
  /** Without those that are empty or comments. */
  readonly lines: readonly { readonly row: number; readonly text: string }[];
  readonly keys: ReadonlyMap<string, MarginKey>;
}

/** Looks at the beginning of a text, line by line. */
export function shapeOf(text: string): FileShape {
  const lines: { row: number; text: string }[] = [];
  const keys = new Map<string, { key: string; row: number; below: Set<string>; hasRecipe: boolean }>();
  let last: { below: Set<string>; hasRecipe: boolean } | null = null;
  let start = 0;
  for (let row = 0; row < MAX_LINES && start <= text.length; row += 1) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + MAX_LINE_LENGTH)).trimEnd();
    start = end + 1;
    const first = line.trimStart();
    if (first === "" || first.startsWith("#")) continue;
    lines.push({ row, text: line });
    const { indent, content, key } = lineParts(line);
    const name = key === undefined ? null : line.slice(key.from, key.to).replaceAll(/["']/g, "");
    if (indent === 0 && content === 0) {
      last = null;
      if (name === null || keys.has(name)) continue;
      const found = {
        key: name,
        row,
        below: new Set<string>(),
        hasRecipe: false,
      };
      keys.set(name, found);
      last = found;
    } else if (last !== null) {
      if (name !== null) last.below.add(name);
      if (line.startsWith("\t") || (name === null && content === indent)) last.hasRecipe = true;
    }
  }
  return { lines, keys };
}
