import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { sha256 } from "../lib/sha256.ts";
import { parseJson } from "../model/check.ts";
import { type Definition, definition, definitionNamed } from "../model/definition.ts";
import { NAME_PATTERN } from "../model/identity.ts";
import { createAll } from "./create-all.ts";
import { ifThere, namesOrNone } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/*
 * Definitions: `definitions/NAME/VERSION.json`, each made once by link(2) and never changed. A version that is removed leaves a mark
 * `VERSION.removed`, so that no later one gets its number: a record that names `train@3` always means one text.
 */

const VERSION = /^([1-9]\d{0,8})\.json$/;
const USED = /^([1-9]\d{0,8})\.(?:json|removed)$/;
/** So many others that define the same name at once mean that something else is wrong. */
const MAX_TRIES = 1_000;

/** The names of all definitions. */
export function definitionNames(layout: Layout): string[] {
  return namesOrNone(layout.definitions)
    .filter((name) => NAME_PATTERN.test(name) && versionsOf(layout, name).length > 0)
    .toSorted();
}

/** The versions of a definition, in their order. */
export function versionsOf(layout: Layout, name: string): number[] {
  return numbersIn(layout, name, VERSION);
}

function numbersIn(layout: Layout, name: string, pattern: RegExp): number[] {
  const numbers = namesOrNone(layout.definitionFolder(name)).flatMap((file) => {
    const [, number] = pattern.exec(file) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  return [...new Set(numbers)].toSorted((left, right) => left - right);
}

/** One version, or the newest; null where there is none, or where its file was changed. */
export function readDefinition(layout: Layout, name: string, version: number | null): Definition | null {
  const number = version ?? versionsOf(layout, name).at(-1);
  if (number === undefined) return null;
  const text = ifThere(() => readRegularFile(layout.definitionFile(name, number)));
  const read = text === null ? null : parseJson(definition, text);
  const isSame = read?.name === name && read.version === number && read.sha256 === sha256(read.text);
  return isSame ? read : null;
}

/** Looks definitions up for the readers of task files; the error is a clause. */
export function definitionReader(layout: Layout): (reference: string) => Result<Definition, string> {
  return (reference) => {
    const named = definitionNamed(reference);
    if (named === null) return err("wanted a definition such as train or train@3");
    const read = unlessRefused(() => readDefinition(layout, named.name, named.version), null);
    if (read !== null) return ok(read);
    const versions = unlessRefused(() => versionsOf(layout, named.name), [] as number[]);
    if (versions.length > 0 && named.version !== null && !versions.includes(named.version))
      return err(`there is no version ${named.version} of it, wanted one of ${versions.join(", ")}`);
    return err(
      versions.length > 0 ? "its file cannot be read, or was changed" : "there is no such definition",
    );
  };
}

/** Makes the next version; where a version has the same text already, that one is returned. Throws errors of the disk. */
export function define(
  layout: Layout,
  made: Omit<Definition, "version" | "sha256">,
): { readonly made: Definition; readonly isNew: boolean } {
  const hash = sha256(made.text);
  mkdirSync(layout.definitionFolder(made.name), { recursive: true, mode: 0o700 });
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    for (const version of versionsOf(layout, made.name).toReversed()) {
      const known = readDefinition(layout, made.name, version);
      if (known?.sha256 === hash) return { made: known, isNew: false };
    }
    const version = (numbersIn(layout, made.name, USED).at(-1) ?? 0) + 1;
    const next: Definition = { ...made, version, sha256: hash };
    const path = layout.definitionFile(made.name, version);
    try {
      createAll([{ path, text: `${JSON.stringify(next, null, 2)}\n`, tmp: layout.tmp }]);
      failpoint("definition:made");
      return { made: next, isNew: true };
    } catch (error) {
      // Another process has just made that version.
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
  throw new Error(`${layout.definitionFolder(made.name)}: lost the race for a version ${MAX_TRIES} times`);
}

/** Removes one version, or all of them; its number is not given out again. */
export function removeDefinition(layout: Layout, name: string, version: number | null): void {
  for (const number of version === null ? versionsOf(layout, name) : [version]) {
    const mark = join(layout.definitionFolder(name), `${number}.removed`);
    // A crash may have come between the two.
    if (!existsSync(mark)) createAll([{ path: mark, text: "", tmp: layout.tmp }]);
    failpoint("definition:marked");
    rmSync(layout.definitionFile(name, number), { force: true });
  }
  // Of a name that was never defined.
  unlessRefused(() => rmdirSync(layout.definitionFolder(name)), undefined);
}
