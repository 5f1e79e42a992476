import { distrust } from "../../lib/trusted-folder.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { shelvesOf } from "../../store/layout.ts";
import type { Supervisor } from "../supervisor.ts";

/** Each folder on the way to each inbox is looked at this often; files of others are refused at any time. */
const LOOK_MS = 2_000;

/** Tells whether files may be taken from an inbox: nobody else may write there, or put another folder in its place. Says what changes. */
export function inboxTrust({ context: { clock, log } }: Supervisor): (directory: string) => boolean {
  const seen = new Map<string, { readonly atMs: number; readonly fault: string | null }>();
  return (directory) => {
    const atMs = clock.awakeMs();
    const before = seen.get(directory);
    if (before !== undefined && atMs - before.atMs < LOOK_MS) return before.fault === null;
    const fault = inboxFault(directory);
    seen.set(directory, { atMs, fault });
    if (fault !== null && fault !== before?.fault) log(`the inbox "${directory}" is left alone: ${fault}`);
    if (fault === null && typeof before?.fault === "string")
      log(`the inbox "${directory}" is yours alone again, its files are taken`);
    return fault === null;
  };
}

/** Why no file is taken from an inbox, with what mends it; null where nothing is wrong, or the system itself says what. */
export function inboxFault(directory: string): string | null {
  const looked = tryFs("look at the inbox", () => {
    const fault = distrust(directory);
    if (fault !== null) return fault;
    const below = shelvesOf(directory).map((shelf) => ({ shelf, fault: distrust(shelf, directory) }));
    const open = below.find((one) => one.fault !== null);
    if (open === undefined || open.fault === null) return null;
    return { ...open.fault, what: `of "${open.shelf}": ${open.fault.what}` };
  });
  return looked.ok && looked.value !== null ? `${looked.value.what}; ${looked.value.mend}` : null;
}
