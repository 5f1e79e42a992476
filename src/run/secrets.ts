import { globMatcher } from "../lib/glob.ts";
import { readPrivateFile } from "../lib/private-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { EnvironmentSource, Kind } from "../model/kind.ts";
import { parseDotenv } from "./dotenv.ts";
import { environmentOfKind } from "./environment.ts";

type Variables = Readonly<Record<string, string>>;

/** Reads the variables of a task's `envFrom`; a later source overrides. The error never contains a value. */
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
  if (!text.ok) return err(`the variables in "${source.file}" cannot be used: ${text.error}`);
  const variables = parseDotenv(text.value);
  return variables.ok
    ? variables
    : err(`the variables in "${source.file}" cannot be used: ${variables.error}, wanted NAME=value by line`);
}

/** A pattern may match nothing; a name that is missing is an error. */
function submitted(patterns: readonly string[], submitter: Variables): Result<Variables, string> {
  const missing = patterns.find((name) => !name.includes("*") && !Object.hasOwn(submitter, name));
  if (missing !== undefined) {
    return err(
      `the variable "${missing}" of the submitter cannot be used: it is not set, wanted one that is exported`,
    );
  }
  return ok(matchingNames(patterns, submitter));
}

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
/** A shorter value may be an ordinary word: hiding it would make the log unreadable. */
const MIN_GUESSED_LENGTH = 8;
/** A declared secret of this length is hidden; a shorter one would match everywhere. */
const MIN_NAMED_LENGTH = 4;

/** The values to hide in a job's output: all of `envFrom`, and those of variables whose names look secret. */
export function secretValues(kind: Kind, submitter: Variables): string[] {
  // Each for itself: the values of the others are hidden where one source is gone.
  const reads = (kind.envFrom ?? []).map((source) => readSource(source, submitter));
  const read = reads.flatMap((one) => (one.ok ? [one.value] : []));
  const named = read.flatMap((values) => Object.values(values));
  const sources =
    read.length === reads.length ? Object.fromEntries(read.flatMap((values) => Object.entries(values))) : {};
  const { environment } = environmentOfKind(kind, {
    policy: { policy: "inherit" },
    captured: submitter,
    sources,
  });
  const guessed = [...Object.entries(submitter), ...Object.entries(environment)].flatMap(([name, value]) =>
    LOOKS_SECRET.test(name) && value.length >= MIN_GUESSED_LENGTH ? [value] : [],
  );
  return [...new Set([...named.filter((value) => value.length >= MIN_NAMED_LENGTH), ...guessed])];
}
