import { counted } from "../lib/counted.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Code, shortHash } from "../model/code.ts";
import type { Datasets, FoundDataset } from "../model/dataset.ts";
import { type Problem, problem } from "../model/errors.ts";
import { type PackageChange, type Packages, packageChanges } from "../model/packages.ts";
import type { Draft } from "../model/submission.ts";
import { lastEnded, type Task } from "../model/task.ts";
import { keepAgain, snapshotOfCommit } from "../run/code/snapshot.ts";
import { gitTreeOf } from "../run/code/tree.ts";
import { digestOf } from "../run/datasets/digest.ts";
import { readTree } from "../run/datasets/tree.ts";
import { environmentOfKind } from "../run/environment.ts";
import { mayBePython, pythonEnvironmentOf } from "../run/python/environment.ts";
import { readPackages } from "../run/python/packages.ts";
import type { Layout } from "../store/layout.ts";
import { noteSnapshot } from "../store/snapshots.ts";
import type { Caller } from "./caller.ts";
import { type Compared, comparedOf } from "./compared.ts";

/** What a task is repeated with. */
export interface Exact {
  readonly draft: Draft;
  readonly code: Code;
  readonly environment: Readonly<Record<string, string>>;
}

/** More changed packages are counted. */
const MAX_NAMED = 8;

/** Finds what a task ran with; the error names all of it that differs now or was not kept. */
export async function exactCopy(
  caller: Pick<Caller, "env" | "clock">,
  layout: Layout,
  { task, draft }: { readonly task: Task; readonly draft: Draft },
): Promise<Result<Exact, Problem>> {
  const compared = comparedOf(layout, task, lastEnded(task));
  const { environment } = compared;
  const code = await keptCode(caller, layout, task.metadata.code);
  const reasons = [
    ...(environment === null ? ["its environment was not kept"] : packageFaults(compared, environment)),
    ...dataFaults(compared),
    ...(code.ok ? [] : [code.error]),
  ];
  if (environment === null || !code.ok || reasons.length > 0) {
    const { number, id } = task.metadata;
    const hint = `to run it with what is there now: stint submit --from ${number}; then see what differs: stint diff ${number} @`;
    return err(problem("NOT_EXACT", `Cannot repeat "${id}" exactly: ${reasons.join("; ")}`, hint));
  }
  const datasets = pinned(draft.spec.datasets, compared.attempt?.datasets);
  const spec = {
    ...draft.spec,
    code: { ...draft.spec.code, mode: "snapshot" as const },
    ...(datasets !== undefined && { datasets }),
  };
  return ok({ draft: { ...draft, spec }, code: code.value, environment });
}

/** The code as a snapshot; why there is none, as a clause. */
async function keptCode(
  { env, clock }: Pick<Caller, "env" | "clock">,
  layout: Layout,
  code: Code | undefined,
): Promise<Result<Code, string>> {
  if (code === undefined) return err("its code was not recorded, as outside a git tree");
  const { root, snapshot, commit, changed } = code;
  const tree = gitTreeOf(root);
  if (tree === null) return err(`its git tree ${root} is gone`);
  const note = (of: string): void => noteSnapshot(layout, { snapshot: of, root }, clock.now());
  if (snapshot !== undefined) {
    const kept = await keepAgain(tree, snapshot, { env, note });
    return kept.ok ? ok(code) : err(`its code cannot be taken again: ${kept.error.text}`);
  }
  if (commit === undefined || changed?.count !== 0) return err(lostCode(code));
  const made = await snapshotOfCommit(tree, commit, { env, home: layout.home, note });
  return made.ok ? ok({ ...code, ...made.value }) : err(`its code cannot be taken again: ${made.error.text}`);
}

/** Why the code of a task without a snapshot is not kept. */
function lostCode({ commit, changed }: Code): string {
  const what = commit === undefined ? "no commit" : `only the commit ${shortHash(commit)}`;
  if (changed === undefined) return `of its code ${what} is kept, and which files were changed is not known`;
  const named = changed.names.slice(0, MAX_NAMED).join(", ");
  const more = changed.count > MAX_NAMED ? ", …" : "";
  return `of its code ${what} is kept, and not its ${counted(changed.count, "changed file")} (${named}${more})`;
}

/** The data sets with the checksums that they had: whatever changes until the start is found then. */
function pinned(asked: Datasets | undefined, found: Record<string, FoundDataset> = {}): Datasets | undefined {
  if (asked === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(asked).map(([name, dataset]) => {
      const { sha256 } = found[name] ?? {};
      return [name, sha256 === undefined || dataset.dvc !== undefined ? dataset : { ...dataset, sha256 }];
    }),
  );
}

/** Data that is not what it was; only what has changed since is read. */
function dataFaults({ attempt }: Compared): string[] {
  return Object.entries(attempt?.datasets ?? {}).flatMap(([name, { path, sha256, md5, stamp }]) => {
    const wanted = sha256 ?? md5;
    if (wanted === undefined) return [`its data set ${name} was not verified`];
    const tree = readTree(path);
    if (!tree.ok) return [`its data set ${name} cannot be read: ${tree.error.path} ${tree.error.is}`];
    if (tree.value.stamp === stamp) return [];
    const algorithm = sha256 === undefined ? "md5" : "sha256";
    const digest = digestOf(tree.value, { algorithm, onBytes: () => {} });
    if (digest.ok && digest.value === wanted) return [];
    return [`its data set ${name} has changed: ${path} had the ${algorithm} ${wanted}`];
  });
}

/** The packages of the Python environment of a task, as they are now; null where it is gone, or has none. */
export function packagesNow({ spec: { kind } }: Task, captured: Exact["environment"]): Packages | null {
  const { environment: env } = environmentOfKind(kind, { captured });
  const python = pythonEnvironmentOf({ mode: kind.mode, cwd: kind.cwd, env });
  return python === null ? null : readPackages(python, env);
}

function packageFaults({ task, packages }: Compared, captured: Exact["environment"]): string[] {
  const { kind } = task.spec;
  if (kind.type !== "subprocess") return [];
  if (packages === null) return mayBePython(kind.mode) ? ["its packages were not recorded"] : [];
  const now = packagesNow(task, captured);
  if (now === null) return [`its Python environment ${packages.prefix} is gone`];
  const changes = packageChanges(packages.versions, now.versions);
  const other = now.python === packages.python ? [] : [`Python is ${now.python}, and was ${packages.python}`];
  return changes.length === 0 ? other : [...other, changesInWords(changes)];
}

export function changesInWords(changes: readonly PackageChange[]): string {
  const named = changes
    .slice(0, MAX_NAMED)
    .map(({ name, before, after }) => `${name} is ${after ?? "gone"}, and was ${before ?? "not there"}`);
  const more = changes.length > MAX_NAMED ? `, and ${changes.length - MAX_NAMED} more packages differ` : "";
  return `${named.join(", ")}${more}`;
}
