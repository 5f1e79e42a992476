import { asLines } from "../lib/printable.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { silenceOf } from "../store/silence.ts";
import type { Caller } from "./caller.ts";
import { silenceLines } from "./text/silence.ts";

const LOOK_MS = 1_000;

/** The holders that were told of, by their tokens. */
const told = new Set<string>();
let nextLookMs = 0;
let isSilent = false;

/** Reports, once, a supervisor that does nothing, to a command that waits for it; gives whether it did nothing at the last look. */
export function tellOfSilence(caller: Caller, layout: Layout): boolean {
  const { clock } = caller;
  if (clock.awakeMs() < nextLookMs) return isSilent;
  nextLookMs = clock.awakeMs() + LOOK_MS;
  const owner = lockOwner(layout);
  const silence = silenceOf(layout, owner, clock.now());
  isSilent = silence !== null;
  if (owner === null || silence === null || told.has(owner.token)) return isSilent;
  told.add(owner.token);
  const [what, advice] = silenceLines(silence, clock.now());
  caller.err(asLines([`stint: ${what}`, `  ${advice}`]));
  return true;
}
