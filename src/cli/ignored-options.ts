import { type GivenOption, merged } from "../intake/script/given.ts";
import { meaningsOf } from "../intake/script/meanings.ts";
import { IGNORED } from "../model/slurm.ts";
import type { Draft } from "../model/submission.ts";
import type { Context } from "./context.ts";

/** Tells, in a line for each file or command, which options of sbatch have no effect here. */
export function tellOfIgnored(
  context: Pick<Context, "err">,
  options: readonly GivenOption[],
  drafts: readonly Draft[],
): void {
  const typed = meaningsOf(merged([], options)).ignored.join(", ");
  const told = new Map(
    drafts.map(({ name, group, annotations }) => [group?.name ?? name, annotations[IGNORED]]),
  );
  if (typed !== "" && ![...told.values()].some((one) => one?.includes(typed))) told.set("", typed);
  for (const [name, ignored] of told) {
    if (ignored === undefined) continue;
    const mail = ignored.includes("--mail-") ? "; for mail see notify: (stint help notify)" : "";
    context.err(`stint: ${name === "" ? "" : `${name}: `}no effect here: ${ignored}${mail}\n`);
  }
}
