import { distrust } from "../../lib/trusted-folder.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { shelvesOf } from "../../store/layout.ts";
import type { Supervisor } from "../supervisor.ts";

/** The modes of an inbox and of the folders above it are checked this often; the owner of each file is always checked. */
const CHECK_MS = 2_000;

/** Returns a check that is true where no other user can write to an inbox or replace it. Logs each change. */
export function inboxTrust({ context: { clock, log } }: Supervisor): (directory: string) => boolean {
  const seen = new Map<string, { readonly atMs: number; readonly fault: string | null }>();
  return (directory) => {
    const atMs = clock.awakeMs();
    const before = seen.get(directory);
    if (before !== undefined && atMs - before.atMs < CHECK_MS) return before.fault === null;
    const fault = inboxFault(directory);
    seen.set(directory, { atMs, fault });
    if (fault !== null && fault !== before?.fault) log(`the inbox "${directory}" is left alone: ${fault}`);
    if (fault === null && typeof before?.fault === "string")
      log(`the inbox "${directory}" can be written only by you again: its files are read`);
    return fault === null;
  };
}

/** Why an inbox is not read, with the remedy; null where it is safe, or cannot be inspected (then reading it fails with a reason). */
export function inboxFault(directory: string): string | null {
  const checked = tryFs("inspect the inbox", () => {
    const fault = distrust(directory);
    if (fault !== null) return fault;
    const below = shelvesOf(directory).map((shelf) => ({ shelf, fault: distrust(shelf, directory) }));
    const open = below.find((one) => one.fault !== null);
    if (open === undefined || open.fault === null) return null;
    return { ...open.fault, what: `of "${open.shelf}": ${open.fault.what}` };
  });
  return checked.ok && checked.value !== null ? `${checked.value.what}; ${checked.value.fix}` : null;
}
