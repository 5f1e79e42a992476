import { hasReference } from "../model/expansion.ts";
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
  const notes = new Set(heads.flatMap((draft) => variableNotes(draft, caller.env)));
  const forSh = heads.filter((draft) => shTextsOf(draft).length > 0);
  if (forSh.length > 0) {
    const { shellNotes } = await import("./shell-notes.ts");
    for (const draft of forSh) for (const note of shellNotes(draft, caller.env)) notes.add(note);
  }
  const all = [...notes];
  for (const note of all.slice(0, MAX_TOLD)) caller.err(`stint: ${note}\n`);
  if (all.length > MAX_TOLD) caller.err(`stint: and ${all.length - MAX_TOLD} more of that kind\n`);
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
