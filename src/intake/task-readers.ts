import { resolve } from "node:path";
import { parseDuration } from "../lib/duration.ts";
import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_NAME_LENGTH, NAME_PATTERN, nameFrom } from "../model/identity.ts";
import type { EnvironmentPolicy } from "../model/kind.ts";
import { MIN_INTERVAL_MS, type Restart } from "../model/retry.ts";
import { STOP_SIGNALS } from "../model/stop.ts";
import { type Fault, misfit, refuse, refuseFor } from "./fault.ts";
import { mapping, partOf } from "./mapping.ts";
import {
  after,
  alternatives,
  count,
  duration,
  listOf,
  oneOf,
  type ReadContext,
  reader,
  text,
} from "./readers.ts";
import { oneOfWords, TEXT, textLike } from "./schema.ts";
import { plainOrQuoted } from "./slips/line.ts";
import { describe, type Value } from "./value.ts";

export const taskNameReader = reader(
  { type: ["string", "boolean"], pattern: NAME_PATTERN.source, maxLength: MAX_NAME_LENGTH },
  after(text, (name, value) => {
    if (!NAME_PATTERN.test(name)) {
      const message = `is ${describe(value)}, wanted a letter and then letters, digits, dots, dashes or underscores`;
      // What is left of `12` or `2024-a` without its beginning would be another name.
      return NAME_PATTERN.test(`t${name}`)
        ? refuseFor(value, message, { text: `t${name}`, hint: `a name begins with a letter: write t${name}` })
        : refuseFor(value, message, nameFrom(name));
    }
    return name.length > MAX_NAME_LENGTH
      ? refuseFor(value, `has ${name.length} characters, wanted at most ${MAX_NAME_LENGTH}`, nameFrom(name))
      : ok(name);
  }),
);

/** A folder, absolute: `~` is the user's home, a relative one begins at the default. */
export const folder = reader(
  { ...TEXT, pattern: "^(?!~[^/]|\\$)" },
  (value: Value, { home, defaultCwd }: ReadContext): Result<string, Fault[]> => {
    // In YAML a lone `~` is null; in a path it can only mean home.
    if (value.type === "scalar" && value.text === "~") return ok(home);
    const read = text(value);
    if (!read.ok) return read;
    if (read.value.startsWith("~/")) return ok(resolve(home, read.value.slice(2)));
    if (read.value.startsWith("~"))
      return refuse(value, "names another user's home, which is not expanded", "write the whole path");
    const inHome = /^\$(?:HOME|\{HOME\})(?=\/|$)/.exec(read.value)?.[0];
    if (inHome !== undefined) {
      const meant = plainOrQuoted(`~${read.value.slice(inHome.length)}`);
      return refuseFor(value, "begins with a variable, which is not expanded", meant);
    }
    if (read.value.startsWith("$"))
      return refuse(
        value,
        "begins with a variable, which is not expanded",
        "write ~ for your home, or the whole path",
      );
    return ok(resolve(defaultCwd, read.value));
  },
);

/** An absolute path, or one under the user's home: there is no folder to resolve another path against. */
export const absolutePath = reader(
  textLike("^(/|~/)"),
  after(text, (path, value, { home }) => {
    if (path.startsWith("~/")) return ok(resolve(home, path.slice(2)));
    if (path.startsWith("/")) return ok(resolve(path));
    return misfit(value, "an absolute path", "begin it with / or ~/");
  }),
);

/** A umask in octal, as in umask(1). Without quotes, YAML reads it as a number. */
export const umask = reader(
  { anyOf: [textLike("^0?[0-7]{3}$"), { type: "integer", minimum: 0, maximum: 777 }] },
  (value: Value): Result<string, Fault[]> => {
    const isOctal = value.type === "scalar" && /^0?[0-7]{3}$/.test(value.text);
    return isOctal ? ok(value.text) : misfit(value, "three octal digits", 'write "022"');
  },
);

const ALLOWED = ["inherit", "clear"] as const;
const variable = reader(
  { ...TEXT, pattern: "^[^=]+$" },
  after(text, (name, value) =>
    name.includes("=") ? refuse(value, `is "${name}", wanted a name alone`) : ok(name),
  ),
);
const variableNames = listOf(variable);
const POLICY_KEYS = ["policy", "names", "allowlist"];
const policyKeys = mapping(
  { policy: oneOf([...ALLOWED, "allowlist"]), names: variableNames, allowlist: variableNames },
  { example: "{allowlist: [PATH, HOME]}" },
);

/** `inherit`, `clear`, a list of names to inherit (also as `{allowlist: […]}`), or the form of the record. */
export const environmentReader = reader(
  () => ({
    anyOf: [
      oneOfWords(ALLOWED),
      { type: "array", items: variable.schema },
      {
        ...policyKeys.schema,
        oneOf: [
          { required: ["allowlist"], maxProperties: 1 },
          { required: ["policy"], maxProperties: 1, properties: { policy: oneOfWords(ALLOWED) } },
          {
            required: ["policy", "names"],
            maxProperties: 2,
            properties: { policy: oneOfWords(["allowlist"]) },
          },
        ],
      },
    ],
  }),
  readEnvironment,
);

function readEnvironment(value: Value, context: ReadContext): Result<EnvironmentPolicy, Fault[]> {
  if (value.type === "list") return allowing(variableNames(value, context));
  if (value.type === "scalar") {
    const policy = oneOf(ALLOWED)(value, context);
    return policy.ok ? ok({ policy: policy.value }) : misfit(value, "inherit, clear or a list of names");
  }
  if (value.entries.every(({ key }) => !POLICY_KEYS.includes(key)))
    return refuse(value, "has no policy, wanted inherit, clear or allowlist", "variables are set under env:");
  const read = policyKeys(value, context);
  if (!read.ok) return err(read.error);
  const { policy, names, allowlist } = read.value;
  if (policy === undefined && names === undefined && allowlist !== undefined) return allowing(ok(allowlist));
  if (policy === undefined || allowlist !== undefined)
    return refuse(value, "is ambiguous, wanted {allowlist: [PATH, HOME]} or {policy: clear}");
  if (policy !== "allowlist")
    return names === undefined
      ? ok({ policy })
      : refuse(partOf(value, "names"), `has no effect with ${policy}`);
  return names === undefined ? refuse(value, "has no names, wanted a list") : allowing(ok(names));
}

function allowing(names: Result<string[], Fault[]>): Result<EnvironmentPolicy, Fault[]> {
  return names.ok ? ok({ policy: "allowlist", names: names.value }) : names;
}

const POLICIES = ["never", "onFailure", "always"] as const;
const restartKeys = mapping(
  { policy: oneOf(POLICIES), interval: duration(), intervalMs: count(1) },
  { must: ["policy"], example: "{policy: always, interval: 10m}" },
);

/** `never`, `onFailure`, `always`, `always:10m`, or a mapping of policy and interval. */
export const restartReader = reader(
  () => ({
    anyOf: [
      oneOfWords(POLICIES),
      textLike("^[aA][lL][wW][aA][yY][sS]:\\s*(\\d+(\\.\\d+)?(ms|s|m|h|d))+\\s*$", {
        examples: ["always:10m"],
      }),
      {
        ...restartKeys.schema,
        anyOf: [{ properties: { policy: oneOfWords(["always"]) } }, { maxProperties: 1 }],
      },
    ],
  }),
  (value: Value, context: ReadContext): Result<Restart, Fault[]> => {
    if (value.type !== "mapping") return restartWord(value, context);
    const read = restartKeys(value, context);
    if (!read.ok) return err(read.error);
    const { policy, interval, intervalMs = MIN_INTERVAL_MS } = read.value;
    if (policy === "always") return always(partOf(value, "interval"), interval ?? intervalMs);
    const given = ["interval", "intervalMs"].map((key) => partOf(value, key)).find((part) => part !== value);
    return given === undefined ? ok({ policy }) : refuse(given, `has no effect with ${policy}`);
  },
  ({ policy }) => policy,
);

/** The words of Compose for the same. */
const OF_COMPOSE: Readonly<Record<string, string>> = {
  no: "never",
  false: "never",
  "unless-stopped": "always",
};

function restartWord(value: Value, context: ReadContext): Result<Restart, Fault[]> {
  const always10m = /^always:(.*)$/i.exec(value.type === "scalar" ? value.text : "");
  if (always10m !== null) {
    const ms = parseDuration(always10m[1] ?? "");
    return ms === null ? misfit(value, "a span such as always:10m") : always(value, ms);
  }
  const meant = value.type === "scalar" ? own(OF_COMPOSE, value.text) : undefined;
  if (meant !== undefined)
    return refuseFor(value, `is ${describe(value)}, wanted ${alternatives(POLICIES)}`, meant);
  const word = oneOf(POLICIES)(value, context);
  if (!word.ok) return word;
  return word.value === "always" ? always(value, MIN_INTERVAL_MS) : ok({ policy: word.value });
}

function always(value: Value, intervalMs: number): Result<Restart, Fault[]> {
  const isTooShort = intervalMs < MIN_INTERVAL_MS;
  return isTooShort
    ? refuse(value, "is under a second, wanted at least 1s between two runs")
    : ok({ policy: "always", intervalMs });
}

const together = oneOf(["together", "separate"]);

/** `separate` keeps stdout and stderr in two files. */
export const logs = reader(
  () => together.schema,
  after(together, (chosen) => ok(chosen === "separate")),
);

const spelledSignal = oneOf(
  [...STOP_SIGNALS, ...STOP_SIGNALS.map((name) => `SIG${name}` as const)],
  alternatives(STOP_SIGNALS),
);

/** A signal that stops a job, with or without SIG before its name. */
export const stopSignal = reader(
  () => spelledSignal.schema,
  after(spelledSignal, (name) => ok(STOP_SIGNALS.find((one) => name.endsWith(one)))),
  String,
);
