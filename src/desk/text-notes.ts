import { hasReference } from "../model/expansion.ts";
import { valueVariable } from "../model/group.ts";
import type { Draft } from "../model/submission.ts";
import type { Caller } from "./caller.ts";
import { shTextsOf } from "./sh-text.ts";

type Variables = Caller["env"];

/** At most this many are told one by one. */
const MAX_TOLD = 3;

/** Tells of what tasks will do otherwise than it looks: variables that are not expanded, and lines of bash that sh runs. */
export async function tellOfTexts(
  caller: Pick<Caller, "env" | "err">,
  drafts: readonly Draft[],
): Promise<void> {
  // The members of a sweep have the same text, apart from their values.
  const heads = drafts.filter(({ group }) => group === undefined || group.index === 1);
  const notes = new Set([
    ...idleSweeps(drafts),
    ...heads.flatMap((draft) => variableNotes(draft, caller.env)),
  ]);
  const forSh = heads.filter((draft) => shTextsOf(draft).length > 0);
  if (forSh.length > 0) {
    const { shellNotes } = await import("./shell-notes.ts");
    for (const draft of forSh) for (const note of shellNotes(draft, caller.env)) notes.add(note);
  }
  const all = [...notes];
  for (const note of all.slice(0, MAX_TOLD)) caller.err(`stint: ${note}\n`);
  if (all.length > MAX_TOLD) caller.err(`stint: and ${all.length - MAX_TOLD} more of that kind\n`);
}

/** The variables of a job that differ between members. */
const OF_MEMBER = /STINT_(?:VALUE|SWEEP|TASK)_|SLURM_ARRAY_|SLURM_JOB_/;

/** Sweeps whose members are the same, because no text of the task has a value. An sbatch script is excepted: what it runs knows Slurm's variables. */
function idleSweeps(drafts: readonly Draft[]): string[] {
  const open = new Map<string, { readonly draft: Draft; readonly text: string }>();
  for (const draft of drafts) {
    const { group, spec } = draft;
    if (group === undefined || group.size === 1 || spec.slurm !== undefined) continue;
    const first = open.get(group.name);
    if (group.index > 1 && first === undefined) continue;
    // The key names the work, and does not do it.
    const text = JSON.stringify({ ...spec, key: undefined });
    if (group.index === 1 && !OF_MEMBER.test(text)) open.set(group.name, { draft, text });
    else if (first?.text !== text) open.delete(group.name);
  }
  return [...open].map(([name, { draft }]) => {
    const { size = 0, values = {} } = draft.group ?? {};
    return `${name}: no value of the sweep is used, so its ${size} tasks do the same: ${wayToUse(Object.keys(values))}`;
  });
}

function wayToUse(names: readonly string[]): string {
  const [name = ""] = names;
  const variable = `or in a shell "$${valueVariable(name)}"`;
  if (names.length === 1 && name === "index") return `write \${{ array.index }}, ${variable}`;
  return `write \${{ matrix.${name} }} (for each: \${{ each.${name} }}), ${variable}`;
}

const REFERENCE = /(?<!\$)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

/** Variables of `env` that stay as they are, although they look as if they were to be expanded. No note has a value: it may be secret. */
function variableNotes({ name, group, spec }: Draft, env: Variables): string[] {
  const { env: values, expands = [] } = spec.kind;
  return Object.entries(values).flatMap(([variable, value]) => {
    const isExpanded = expands.includes(variable);
    const kept = isExpanded && variable.endsWith("PATH") ? null : keptIn(value, { isExpanded, env });
    if (kept === null) return [];
    const way =
      !isExpanded && hasReference(variable, value)
        ? "the value of a flag is not expanded"
        : `write \${${kept === "~" ? "HOME" : kept.slice(1)}} to have it expanded`;
    return [`${group?.name ?? name}: env.${variable} has ${kept} as it stands: ${way}`];
  });
}

/** The first reference to a variable that is set, or to the user's home, that is not expanded; null where there is none. */
function keptIn(
  value: string,
  { isExpanded, env }: { readonly isExpanded: boolean; readonly env: Variables },
): string | null {
  for (const [whole, braced, bare = braced ?? ""] of value.matchAll(REFERENCE))
    if (Object.hasOwn(env, bare) && !(isExpanded && braced !== undefined)) return whole;
  return /^~(?:\/|$)/.test(value) ? "~" : null;
}
