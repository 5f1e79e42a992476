import { dirname, join, normalize } from "node:path";
import { type Import, importsOf, type Source } from "./sources.ts";

interface Layer {
  /** The folders it may import from, besides itself. */
  readonly folders: readonly string[];
  /** The modules of Node and Bun it may import. */
  readonly modules: readonly string[];
  /** The npm packages that it alone may import. */
  readonly packages: readonly string[];
}

const FILES = ["node:fs", "node:fs/promises", "node:path"];

/** Who may import what; the same table as in src/ARCHITECTURE.md. `src` is the folder of main.ts. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  lib: { folders: [], modules: [...FILES, "node:os", "node:process", "bun", "bun:ffi"], packages: [] },
  model: { folders: ["lib"], modules: [], packages: ["valibot", "@valibot/to-json-schema"] },
  plan: { folders: ["lib", "model"], modules: [], packages: ["croner"] },
  store: {
    folders: ["lib", "model"],
    modules: [...FILES, "node:os", "node:process"],
    packages: ["proper-lockfile"],
  },
  intake: { folders: ["lib", "model"], modules: FILES, packages: ["chokidar", "yaml"] },
  run: {
    folders: ["lib", "model"],
    modules: [...FILES, "node:os", "node:process", "bun:sqlite"],
    packages: ["execa"],
  },
  machine: { folders: ["lib", "model"], modules: [...FILES, "node:os", "node:process"], packages: [] },
  daemon: {
    folders: ["lib", "model", "plan", "store", "intake", "run", "machine"],
    modules: [...FILES, "node:os", "node:timers/promises"],
    packages: [],
  },
  desk: {
    folders: ["lib", "model", "plan", "store", "intake", "run", "machine", "daemon"],
    modules: FILES,
    packages: [],
  },
  http: {
    folders: ["lib", "model", "plan", "store", "intake", "run", "machine", "daemon", "desk"],
    modules: FILES,
    packages: [],
  },
  cli: {
    folders: ["lib", "model", "plan", "store", "intake", "run", "machine", "daemon", "desk", "http"],
    modules: [...FILES, "node:os", "node:process", "node:timers/promises"],
    packages: [],
  },
  src: {
    folders: ["lib", "model", "plan", "store", "intake", "run", "machine", "daemon", "desk", "http", "cli"],
    modules: ["node:process"],
    packages: [],
  },
};

/** The strata inside daemon/, from the bottom: an entry imports itself and what stands above it in this list. */
export const STRATA: readonly (readonly string[])[] = [
  ["log-once.ts", "queued-note.ts", "capacity.ts", "reader-process.ts"],
  ["config"],
  ["context.ts"],
  ["state"],
  ["notices", "devices", "collect"],
  ["commit"],
  ["jobs/serving-state.ts"],
  ["jobs/job.ts"],
  ["jobs/job-table.ts"],
  ["supervisor.ts"],
  ["chore.ts", "plan-cache.ts", "jobs"],
  ["leave.ts", "take-recovered.ts"],
  ["admit"],
  ["requests", "schedules", "config-watch.ts"],
  ["session.ts", "supervise.ts"],
];

/** The only ones that know what process they run in; elsewhere `node:process` is two functions of the system. */
const KNOW_THE_PROCESS = ["src/main.ts", "src/cli/context.ts"];
const OF_THE_SYSTEM = ["pid", "kill", "getuid"];

/** What lies outside src and may still be imported, as data. */
const DATA = /^(package\.json|templates\/([^/]+\.(yaml|txt)|python\/[^/]+\.py|help\/(codes\/)?[^/]+\.md))$/;
const READ_DATA = ["cli", "intake"];

/** What is wrong with the imports of a file, a sentence for each. */
export function breaches(source: Source): string[] {
  const folder = folderOf(source.path);
  if (LAYERS[folder] === undefined) return [`${source.path}: ${folder}/ is no layer`];
  const problems = importsOf(source).flatMap((one) => [
    one.isReexport ? `exports from "${one.target}"; let the others import the exact file` : null,
    one.target.startsWith(".") ? relativeProblem(one, source) : foreignProblem(one, source),
  ]);
  const found = problems.filter((problem) => problem !== null);
  return [...found, ...hiddenImports(source)].map((problem) => `${source.path}: ${problem}`);
}

function relativeProblem({ target }: Import, from: Source): string | null {
  const own = folderOf(from.path);
  const path = normalize(join(dirname(from.path), target));
  if (DATA.test(path)) return READ_DATA.includes(own) ? null : `${own}/ may not read ${path}`;
  // A script belongs to the folder that runs it.
  if (path.startsWith(`src/${own}/sh/`) && /\.(?:sh|bash|zsh|fish)$/.test(path)) return null;
  if (!path.startsWith("src/")) return `imports ${path}, which lies outside src/`;
  if (!path.endsWith(".ts")) return `imports "${target}" without its .ts`;
  const folder = folderOf(path);
  if (folder === "daemon" && own === "daemon") return strataProblem(from.path, path);
  return folder === own || LAYERS[own]?.folders.includes(folder)
    ? null
    : `${own}/ may not import ${folder}/ (${target})`;
}

function strataProblem(from: string, to: string): string | null {
  const [own, other] = [entryOf(from), entryOf(to)];
  if (own === null) return `${from} has no place among the strata`;
  if (other === null || own.entry === other.entry || other.stratum < own.stratum) return null;
  return `${own.entry} may not import ${other.entry}`;
}

/** The entry of STRATA that a file of daemon/ belongs to: itself, else its folder. */
function entryOf(path: string): { readonly entry: string; readonly stratum: number } | null {
  const name = path.slice("src/daemon/".length);
  for (const entry of [name, name.split("/")[0] ?? ""]) {
    const stratum = STRATA.findIndex((entries) => entries.includes(entry));
    if (stratum >= 0) return { entry, stratum };
  }
  return null;
}

function foreignProblem({ target, names }: Import, from: Source): string | null {
  const own = folderOf(from.path);
  const layer = LAYERS[own];
  const isModule = target.startsWith("node:") || target === "bun" || target.startsWith("bun:");
  if (!isModule)
    return layer?.packages.includes(target) ? null : `${own}/ may not import the package ${target}`;
  if (!layer?.modules.includes(target)) return `${own}/ may not import ${target}`;
  if (target !== "node:process" || KNOW_THE_PROCESS.includes(from.path)) return null;
  const isHarmless = names.length > 0 && names.every((name) => OF_THE_SYSTEM.includes(name));
  return isHarmless ? null : `takes more of node:process than ${OF_THE_SYSTEM.join(", ")}`;
}

/** Imports that the table cannot be held against: computed ones, and any that our own reading overlooked. */
function hiddenImports(source: Source): string[] {
  const seen = new Set(importsOf(source).map(({ target }) => target));
  const scanned = new Bun.Transpiler({ loader: "ts" }).scanImports(source.text);
  const overlooked = scanned
    .filter(({ path }) => !seen.has(path))
    .map(({ path }) => `has a hidden import of "${path}"`);
  const isComputed = /\b(import|require)\((?!\s*")/.test(source.text);
  return isComputed ? [...overlooked, "has a computed import"] : overlooked;
}

/** `src/cli/text/table.ts` → `cli`, `src/main.ts` → `src`. */
function folderOf(path: string): string {
  const [top = "", folder = "", file] = path.split("/");
  return file === undefined ? top : folder;
}
