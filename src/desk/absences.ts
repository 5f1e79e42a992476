import { existsSync } from "node:fs";
import { containerOf, type Kind } from "../model/kind.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { environmentOfKind } from "../run/environment.ts";
import { missingScript, obstacleToEnter } from "../run/missing.ts";
import { findProgram } from "../run/program.ts";
import type { Caller } from "./caller.ts";

/** At most this many are reported one by one. */
const MAX_TOLD = 3;

/** A caller that waits tells of absences only of tasks that are still queued after this: one that starts before fails at once, with the same reason. */
const GRACE_MS = 5_000;

/** Gets the unfinished tasks at each poll of a wait, and warns once. */
export function absenceTeller(
  caller: Pick<Caller, "env" | "err" | "clock">,
): (open: readonly Task[]) => void {
  const fromMs = caller.clock.awakeMs() + GRACE_MS;
  let isOver = false;
  return (open) => {
    if (isOver || caller.clock.awakeMs() < fromMs) return;
    isOver = true;
    tellOfAbsences(
      caller,
      open.filter(({ status }) => status.state === "queued"),
    );
  };
}

/** Warns of folders and programs of tasks that do not exist now: they may be created in time, or be misspelt. */
export function tellOfAbsences(
  caller: Pick<Caller, "env" | "err">,
  drafts: readonly Pick<Draft, "spec">[],
): void {
  const found = new Map<string, string | null>();
  for (const { spec } of drafts) {
    const { kind } = spec;
    const { mode, cwd } = kind;
    const key = JSON.stringify([
      cwd,
      "command" in mode ? [mode.command, mode.args[0]] : "",
      containerOf(kind),
    ]);
    if (!found.has(key)) found.set(key, absenceOf(kind, caller.env));
  }
  const absences = new Set([...found.values()].filter((one) => one !== null));
  for (const absence of [...absences].slice(0, MAX_TOLD))
    caller.err(`stint: queued, although it could not start now: ${absence}\n`);
  const more = absences.size - MAX_TOLD;
  if (more > 0) caller.err(`stint: and ${more} more of that kind\n`);
}

function absenceOf(kind: Kind, captured: Caller["env"]): string | null {
  if (kind.type === "container") {
    const missing = kind.container.volumes.find(({ host }) => !existsSync(host));
    return missing === undefined ? null : `Cannot mount "${missing.host}": does not exist`;
  }
  const { mode, cwd } = kind;
  const fault = obstacleToEnter(cwd);
  if (fault !== null) return fault.error;
  if (mode.type !== "command") return null;
  const { environment } = environmentOfKind(kind, { captured });
  const program = findProgram(mode.command, { cwd, path: environment["PATH"] });
  return program.ok ? (missingScript(mode, cwd)?.error ?? null) : program.error.error;
}
