import { globMatcher } from "../lib/glob.ts";
import { readPrivateFile } from "../lib/private-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { EnvironmentSource, Kind } from "../model/kind.ts";
import { parseDotenv } from "./dotenv.ts";

type Variables = Readonly<Record<string, string>>;

/** Reads the variables of a task's `envFrom`, the later ones on top; the error names what is wrong and no value. */
export function readSources(
  sources: readonly EnvironmentSource[],
  submitter: Variables,
): Result<Record<string, string>, string> {
  const found = new Map<string, string>();
  for (const source of sources) {
    const read = readSource(source, submitter);
    if (!read.ok) return read;
    for (const [name, value] of Object.entries(read.value)) found.set(name, value);
  }
  return ok(Object.fromEntries(found));
}

function readSource(source: EnvironmentSource, submitter: Variables): Result<Variables, string> {
  if ("env" in source) return submitted(source.env, submitter);
  const text = readPrivateFile(source.file);
  if (!text.ok) return err(`Cannot use the variables in "${source.file}": ${text.error}`);
  const variables = parseDotenv(text.value);
  return variables.ok
    ? variables
    : err(`Cannot use the variables in "${source.file}": ${variables.error}, wanted NAME=value by line`);
}

/** A pattern may match nothing; a name that is not there is a slip. */
function submitted(patterns: readonly string[], submitter: Variables): Result<Variables, string> {
  const missing = patterns.find((name) => !name.includes("*") && !Object.hasOwn(submitter, name));
  if (missing !== undefined) {
    return err(
      `Cannot use the variable "${missing}" of the submitter: it is not set, wanted one that is exported`,
    );
  }
  return ok(matchingNames(patterns, submitter));
}

/** The variables that some names and patterns stand for. */
export function matchingNames(patterns: readonly string[], variables: Variables): Record<string, string> {
  const names = new Set(patterns);
  const matchers = [...names].filter((one) => one.includes("*")).map(globMatcher);
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => names.has(name) || matchers.some((isMet) => isMet(name))),
  );
}

/** The names that a task takes from its submitter. */
export function namesFromSubmitter({ envFrom = [] }: Kind): string[] {
  return envFrom.flatMap((source) => ("env" in source ? source.env : []));
}

const LOOKS_SECRET = /KEY|TOKEN|SECRET|PASSWORD/i;
/** A shorter value is a word like any other: to hide it would spoil the log. */
const MIN_GUESSED_LENGTH = 8;
/** What somebody called a secret is hidden from here on; a single sign would be everywhere. */
const MIN_NAMED_LENGTH = 4;

/** The values that must not be shown of a job's output: all of `envFrom`, and those of variables that look secret. */
export function secretValues(kind: Kind, submitter: Variables): string[] {
  // Each for itself: a source that is gone hides none of the others.
  const named = (kind.envFrom ?? []).flatMap((source) => {
    const read = readSource(source, submitter);
    return read.ok ? Object.values(read.value) : [];
  });
  const guessed = [...Object.entries(submitter), ...Object.entries(kind.env)].flatMap(([name, value]) =>
    LOOKS_SECRET.test(name) && value.length >= MIN_GUESSED_LENGTH ? [value] : [],
  );
  return [...new Set([...named.filter((value) => value.length >= MIN_NAMED_LENGTH), ...guessed])];
}
