import { readFileSync } from "node:fs";

/** A file of the project, by its path from the top. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One import or re-export. */
export interface Import {
  readonly target: string;
  /** What stands between the braces; empty for `* as`, a default, a dynamic import. */
  readonly names: readonly string[];
  readonly isReexport: boolean;
}

/** The TypeScript files under these folders, in the order of their paths. */
export function sourcesIn(...folders: string[]): Source[] {
  const paths = folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.ts`).scanSync({ dot: true })]);
  return paths.toSorted().map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

/** Lines as an editor counts them. */
export function lineCount(source: Source): number {
  return source.text.split("\n").length - (source.text.endsWith("\n") ? 1 : 0);
}

/** `* as v`, `{ a, type b }`, `name`, or a name and one of the others. */
const CLAUSE = String.raw`(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})?`;

/** Every import of a file, types and dynamic ones too: Bun's own scan leaves types out. */
export function importsOf(source: Source): Import[] {
  const statements = source.text.matchAll(
    new RegExp(`^(import|export)\\s+(${CLAUSE})\\s*from\\s*"([^"]+)"`, "gm"),
  );
  const bare = source.text.matchAll(/^import\s+"([^"]+)"/gm);
  const dynamic = source.text.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [
    ...[...statements].map(([, keyword, clause = "", target = ""]) => ({
      target,
      names: namesIn(clause),
      isReexport: keyword === "export",
    })),
    ...[...bare, ...dynamic].map(([, target = ""]) => ({ target, names: [], isReexport: false })),
  ];
}

function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
  const names = braces.split(",").map((name) =>
    name
      .trim()
      .replace(/^type\s+/, "")
      .replace(/\s+as\s+.*$/, ""),
  );
  return names.filter((name) => name !== "");
}
