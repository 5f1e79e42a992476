import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { jsonIn } from "../model/check.ts";
import { replaceUnsynced } from "./durable.ts";
import { isMissing } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** Other names in the folder are foreign. Arithmetic with numbers of up to 15 digits is exact. */
const NUMBER_NAME = /^[1-9]\d{0,14}$/;
/** So many lost races in a row mean that something else is wrong. */
const MAX_TRIES = 10_000;

/**
 * Reserves `count` numbers, which are never given out again; returns the first. A crash afterwards leaves a gap. A power cut may undo the
 * reservation, so `numbers/` is synced before a number is shown to a user (see `stageBatch`).
 */
export function reserveNumbers(layout: Layout, count: number): number {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const next = nextNumber(layout);
    if (next === null) {
      const message = `${layout.numbers} holds no number; the next \`stint up\` or \`stint drain\` makes one`;
      throw Object.assign(new Error(message), { code: "ENOENT" });
    }
    if (isMissing(() => renameSync(numberFile(layout, next), numberFile(layout, next + count)))) continue;
    failpoint("numbers:reserved");
    return next;
  }
  throw new Error(`${layout.numbers}: lost the race for a number ${MAX_TRIES} times`);
}

/** Makes the folder with its first number, unless it exists: a rename onto a folder that is not empty fails. */
export function createNumbers(layout: Layout): void {
  const staged = join(layout.tmp, `numbers.${uuid()}`);
  mkdirSync(staged, { mode: 0o700 });
  writeFileSync(join(staged, "1"), "", { mode: 0o600 });
  failpoint("numbers:staged");
  try {
    renameSync(staged, layout.numbers);
  } catch (error) {
    rmSync(staged, { recursive: true });
    if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Raises the next number above a number in use; makes the folder or the number where it is missing. */
export function raiseNumbers(layout: Layout, above: number): void {
  mkdirSync(layout.numbers, { recursive: true, mode: 0o700 });
  for (;;) {
    const next = nextNumber(layout);
    if (next !== null && next > above) return;
    const raised = numberFile(layout, above + 1);
    if (next === null) writeFileSync(raised, "", { flag: "wx", mode: 0o600 });
    // Another process may reserve the number that was just read: then the next one is read.
    else isMissing(() => renameSync(numberFile(layout, next), raised));
  }
}

/** False where the folder was damaged, until the next start repairs it. */
export function holdsNumber(layout: Layout): boolean {
  return nextNumber(layout) !== null;
}

/** The lowest number that is still free; null where the folder was damaged. */
export function nextNumber(layout: Layout): number | null {
  const numbers = readdirSync(layout.numbers)
    .filter((name) => NUMBER_NAME.test(name))
    .map(Number);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

function numberFile(layout: Layout, number: number): string {
  return join(layout.numbers, String(number));
}

/** `@~N` reaches this far back. */
const MAX_REMEMBERED = 1_000;

/** The numbers last submitted by hand, the newest last; empty where none are known. */
export function readLastSubmitted(layout: Layout): number[] {
  const data = jsonIn(unlessRefused(() => readRegularFile(layout.lastSubmitted), ""));
  return Array.isArray(data) ? data.filter((entry) => typeof entry === "number") : [];
}

/**
 * Saves the numbers for `@`. Not synced: after a power cut `@` may mean an older task, but no task is lost, and a submission does not
 * wait for the disk on its account.
 */
export function rememberSubmitted(layout: Layout, numbers: readonly number[]): void {
  const known = [...readLastSubmitted(layout), ...numbers].slice(-MAX_REMEMBERED);
  replaceUnsynced(layout.lastSubmitted, `${JSON.stringify(known)}\n`, layout.tmp);
}
