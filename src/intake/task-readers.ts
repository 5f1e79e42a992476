import { resolve } from "node:path";
import { parseDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_NAME_LENGTH, NAME_PATTERN, nameFrom } from "../model/identity.ts";
import type { EnvironmentPolicy } from "../model/kind.ts";
import { MIN_INTERVAL_MS, type Restart } from "../model/retry.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { alternatives, duration, listOf, oneOf, type ReadContext, text } from "./readers.ts";
import { describe, type MappingValue, type Value } from "./value.ts";

/** A task's name. */
export function taskName(value: Value): Result<string, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  const hint = `write ${nameFrom(read.value)}`;
  if (!NAME_PATTERN.test(read.value)) {
    return refuse(
      value,
      `is ${describe(value)}, wanted a letter and then letters, digits, dots, dashes or underscores`,
      hint,
    );
  }
  const isTooLong = read.value.length > MAX_NAME_LENGTH;
  return isTooLong
    ? refuse(value, `has ${read.value.length} characters, wanted at most ${MAX_NAME_LENGTH}`, hint)
    : read;
}

/** A folder, absolute: `~` is the user's home, a relative one begins at the default. */
export function folder(value: Value, { home, defaultCwd }: ReadContext): Result<string, Fault[]> {
  // In YAML a lone `~` is null; in a path it can only mean home.
  if (value.type === "scalar" && value.text === "~") return ok(home);
  const read = text(value);
  if (!read.ok) return read;
  if (read.value.startsWith("~/")) return ok(resolve(home, read.value.slice(2)));
  if (read.value.startsWith("~"))
    return refuse(value, "names another user's home, which is not looked up", "write the whole path");
  if (read.value.startsWith("$"))
    return refuse(
      value,
      "begins with a variable, which is not expanded",
      "write ~ for your home, or the whole path",
    );
  return ok(resolve(defaultCwd, read.value));
}

/** Permissions taken away from new files, in octal as umask(1) has it. */
export function umask(value: Value): Result<string, Fault[]> {
  const isOctal = value.type === "scalar" && /^0?[0-7]{3}$/.test(value.text);
  return isOctal
    ? ok(value.text)
    : refuse(value, `is ${describe(value)}, wanted three octal digits`, 'write "022"');
}

/** `inherit`, `clear`, a list of names to let through (also as `{allowlist: […]}`), or the form of the record. */
export function environment(value: Value, surroundings: ReadContext): Result<EnvironmentPolicy, Fault[]> {
  if (value.type === "list") return allowlist(value, surroundings);
  if (value.type === "scalar") {
    const policy = oneOf(["inherit", "clear"])(value, surroundings);
    return policy.ok
      ? ok({ policy: policy.value })
      : refuse(value, `is ${describe(value)}, wanted inherit, clear or a list of names`);
  }
  const [only, ...others] = value.entries;
  if (only?.key === "allowlist" && others.length === 0) return allowlist(only.value, surroundings);
  if (!value.entries.some(({ key }) => key === "policy")) {
    return refuse(value, "has no policy, wanted inherit, clear or allowlist", "variables are set under env:");
  }
  const read = members(value, ["policy", "names"]);
  if (!read.ok) return read;
  const { policy = value, names } = read.value;
  const chosen = oneOf(["inherit", "clear", "allowlist"])(policy, surroundings);
  if (!chosen.ok) return chosen;
  if (chosen.value !== "allowlist") {
    return names === undefined
      ? ok({ policy: chosen.value })
      : refuse(names, `has no use with ${chosen.value}`);
  }
  return names === undefined ? refuse(value, "has no names, wanted a list") : allowlist(names, surroundings);
}

function allowlist(value: Value, surroundings: ReadContext): Result<EnvironmentPolicy, Fault[]> {
  const names = listOf(text)(value, surroundings);
  if (!names.ok) return names;
  const odd = names.value.find((name) => name.includes("="));
  return odd === undefined
    ? ok({ policy: "allowlist", names: names.value })
    : refuse(value, `holds "${odd}", wanted names alone`);
}

/** `separate` keeps stdout and stderr in two files. */
export function logs(value: Value, surroundings: ReadContext): Result<boolean, Fault[]> {
  const chosen = oneOf(["together", "separate"])(value, surroundings);
  return chosen.ok ? ok(chosen.value === "separate") : chosen;
}

const POLICIES = ["never", "onFailure", "always"] as const;

/** `never`, `onFailure`, `always`, `always:10m`, or a mapping of policy and interval. */
export function restart(value: Value, surroundings: ReadContext): Result<Restart, Fault[]> {
  if (value.type !== "mapping") return restartWord(value, surroundings);
  const read = members(value, ["policy", "interval", "intervalMs"]);
  if (!read.ok) return read;
  const { policy, interval, intervalMs } = read.value;
  if (policy === undefined) return refuse(value, `has no policy, wanted ${alternatives(POLICIES)}`);
  const chosen = oneOf(POLICIES)(policy, surroundings);
  if (!chosen.ok) return chosen;
  const given = interval ?? intervalMs;
  if (chosen.value !== "always") {
    return given === undefined
      ? ok({ policy: chosen.value })
      : refuse(given, `has no use with ${chosen.value}`);
  }
  if (given === undefined) return ok({ policy: "always", intervalMs: MIN_INTERVAL_MS });
  const ms = interval === undefined ? millisecondsOf(given) : duration()(given, surroundings);
  return ms.ok ? always(given, ms.value) : ms;
}

function restartWord(value: Value, surroundings: ReadContext): Result<Restart, Fault[]> {
  const always10m = /^always:(.*)$/i.exec(value.type === "scalar" ? value.text : "");
  if (always10m !== null) {
    const ms = parseDuration(always10m[1] ?? "");
    return ms === null
      ? refuse(value, `is ${describe(value)}, wanted a span such as always:10m`)
      : always(value, ms);
  }
  const word = oneOf(POLICIES)(value, surroundings);
  if (!word.ok) return word;
  return word.value === "always" ? always(value, MIN_INTERVAL_MS) : ok({ policy: word.value });
}

function always(value: Value, intervalMs: number): Result<Restart, Fault[]> {
  const isTooShort = intervalMs < MIN_INTERVAL_MS;
  return isTooShort
    ? refuse(value, "is under a second, wanted at least 1s between two runs")
    : ok({ policy: "always", intervalMs });
}

function millisecondsOf(value: Value): Result<number, Fault[]> {
  const isWhole = value.type === "scalar" && Number.isSafeInteger(value.data) && Number(value.data) > 0;
  return isWhole ? ok(Number(value.data)) : refuse(value, `is ${describe(value)}, wanted milliseconds`);
}

/** The members of a small mapping; a key that it does not have is a fault. */
export function members<const K extends string>(
  value: MappingValue,
  keys: readonly K[],
): Result<Partial<Record<K, Value>>, Fault[]> {
  const isKnown = (key: string): key is K => (keys as readonly string[]).includes(key);
  const unknown = value.entries.filter(({ key }) => !isKnown(key));
  if (unknown.length > 0) {
    return err(
      unknown.map(({ key, span }) =>
        fault(span, `"${value.path}.${key}" is unknown, wanted ${alternatives(keys)}`),
      ),
    );
  }
  return ok(
    Object.fromEntries(value.entries.map((entry) => [entry.key, entry.value])) as Partial<Record<K, Value>>,
  );
}
