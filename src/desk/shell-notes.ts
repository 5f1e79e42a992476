import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { diagnose, renderDiagnostic } from "../intake/diagnostic.ts";
import { fault } from "../intake/fault.ts";
import { BASHISMS } from "../intake/shell/bashisms.ts";
import { bashismsIn } from "../intake/shell/scan.ts";
import { unlessRefused } from "../lib/errno.ts";
import type { Draft } from "../model/submission.ts";
import type { Caller } from "./caller.ts";
import { shTextsOf } from "./sh-text.ts";

type Variables = Caller["env"];

/** A note for the first of each kind of construct in each text that sh runs for a task. */
export function shellNotes(draft: Draft, env: Variables): string[] {
  const { name, group, spec } = draft;
  const isOnMachine = spec.kind.type === "subprocess";
  return shTextsOf(draft).flatMap(({ text, called, instead }) => {
    if ((isOnMachine || called === "a notice of") && isBash(env)) return [];
    const kinds = Map.groupBy(bashismsIn(text), ({ kind }) => kind);
    const faults = [...kinds].map(([kind, [first]]) => {
      const at = first?.at ?? 0;
      const { effect, write } = BASHISMS[kind];
      const said = `"${first?.text}" is bash, and sh ${effect}`;
      return fault({ start: at, end: at + (first?.text.length ?? 1) }, said, `write ${write}, or ${instead}`);
    });
    return diagnose({ file: `${called} ${group?.name ?? name}`, text }, faults).map(renderDiagnostic);
  });
}

/** True where sh is bash under another name, which knows all of it. */
function isBash({ PATH = "" }: Variables): boolean {
  const path = Bun.which("sh", { PATH });
  return path !== null && basename(unlessRefused(() => realpathSync(path), path)).startsWith("bash");
}
