import { asLines } from "../lib/printable.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { silenceOf } from "../store/silence.ts";
import type { Caller } from "./caller.ts";
import { silenceLines } from "./text/silence.ts";

const CHECK_MS = 1_000;

/** The tokens of the lock owners that were reported. */
const reported = new Set<string>();
let nextCheckMs = 0;
let isSilent = false;

/** Reports once that a supervisor is stopped or does not answer, to a command that waits for it; returns whether the last check found that. */
export function tellOfSilence(caller: Caller, layout: Layout): boolean {
  const { clock } = caller;
  if (clock.awakeMs() < nextCheckMs) return isSilent;
  nextCheckMs = clock.awakeMs() + CHECK_MS;
  const owner = lockOwner(layout);
  const silence = silenceOf(layout, owner, clock.now());
  isSilent = silence !== null;
  if (owner === null || silence === null || reported.has(owner.token)) return isSilent;
  reported.add(owner.token);
  const [what, advice] = silenceLines(silence, clock.now());
  caller.err(asLines([`stint: ${what}`, `  ${advice}`]));
  return true;
}
