import { ok, type Result } from "../lib/result.ts";
import { MAX_RECEIVERS, type Receiver, type SecretPlace } from "../model/notice.ts";
import { type Fault, refuse } from "./fault.ts";
import { all, listOf, type ReadContext, text } from "./readers.ts";
import { section } from "./section.ts";
import { folder } from "./task-readers.ts";
import { describe, isUnspecified, type Value } from "./value.ts";

const KINDS = "one of command, webhook and ping";
const ADDRESS = "an address such as https://example.org/hook";

/** Who is told of something: a list of mappings with one of command, webhook and ping, or one such mapping. */
export function receivers(value: Value, context: ReadContext): Result<Receiver[], Fault[]> {
  const items = value.type === "list" ? value.items : [value];
  if (items.length > MAX_RECEIVERS)
    return refuse(value, `has ${items.length} receivers, wanted at most ${MAX_RECEIVERS}`);
  return all(items.map((item) => receiver(item, context)));
}

/** The address of a dead-man switch, which is told of the start and of either end. */
export function pings(value: Value, context: ReadContext): Result<Receiver[], Fault[]> {
  const read = ping(value, context);
  return read.ok ? ok([read.value]) : read;
}

function receiver(value: Value, context: ReadContext): Result<Receiver, Fault[]> {
  if (value.type !== "mapping") return refuse(value, `is ${describe(value)}, wanted a mapping with ${KINDS}`);
  const given = value.entries.filter((entry) => !isUnspecified(entry.value));
  const [only, second] = given;
  if (only === undefined || second !== undefined)
    return refuse(value, `has ${given.length} keys, wanted ${KINDS}`);
  switch (only.key) {
    case "command":
      return command(only.value, context);
    case "webhook":
      return webhook(only.value, context);
    case "ping":
      return ping(only.value, context);
    default:
      return refuse(only.value, `is unknown, wanted ${KINDS}`);
  }
}

/** A list is a program with its arguments, a text a line for the shell. */
function command(value: Value, context: ReadContext): Result<Receiver, Fault[]> {
  if (value.type === "list") {
    const argv = listOf(text)(value, context);
    if (!argv.ok) return argv;
    return argv.value.length === 0
      ? refuse(value, "is empty, wanted a program with its arguments")
      : ok({ type: "command", argv: argv.value });
  }
  const line = text(value);
  return line.ok ? ok({ type: "command", argv: ["/bin/sh", "-c", line.value] }) : line;
}

const addressKeys = {
  url: { name: "url", read: address },
  urlEnv: { name: "urlEnv", read: text },
  urlFile: { name: "urlFile", read: folder },
} as const;
const pingKeys = section(addressKeys);
const webhookKeys = section({
  ...addressKeys,
  secretEnv: { name: "secretEnv", read: text },
  secretFile: { name: "secretFile", read: folder },
  headers: { name: "headers", read: headers },
});

function ping(value: Value, context: ReadContext): Result<Receiver, Fault[]> {
  const read = value.type === "mapping" ? pingKeys(value, context) : urlAlone(value);
  if (!read.ok) return read;
  const url = oneAddress(value, read.value);
  return url.ok ? ok({ type: "ping", url: url.value }) : url;
}

function webhook(value: Value, context: ReadContext): Result<Receiver, Fault[]> {
  const read = value.type === "mapping" ? webhookKeys(value, context) : urlAlone(value);
  if (!read.ok) return read;
  const { secretEnv, secretFile, headers: given } = { ...NOTHING, ...read.value };
  const url = oneAddress(value, read.value);
  if (!url.ok) return url;
  if (secretEnv !== undefined && secretFile !== undefined)
    return refuse(value, "has secretEnv and secretFile, wanted one of them");
  const secret = placeOf(secretEnv, secretFile);
  return ok({
    type: "webhook",
    url: url.value,
    ...(secret !== null && { secret }),
    ...(given !== undefined && { headers: given }),
  });
}

interface Addressed {
  readonly url?: string;
  readonly urlEnv?: string;
  readonly urlFile?: string;
}
type Hooked = Addressed & {
  readonly secretEnv?: string;
  readonly secretFile?: string;
  readonly headers?: Record<string, string | SecretPlace>;
};
const NOTHING: Hooked = {};

function urlAlone(value: Value): Result<Hooked, Fault[]> {
  const read = address(value);
  return read.ok ? ok({ url: read.value }) : read;
}

function oneAddress(value: Value, given: Addressed): Result<string | SecretPlace, Fault[]> {
  const { url, urlEnv, urlFile } = given;
  const places = [url, placeOf(urlEnv, undefined), placeOf(undefined, urlFile)].filter(
    (place) => place !== undefined && place !== null,
  );
  const [only] = places;
  return only === undefined || places.length > 1
    ? refuse(value, `has ${places.length} addresses, wanted one of url, urlEnv and urlFile`)
    : ok(only);
}

function placeOf(env: string | undefined, file: string | undefined): SecretPlace | null {
  if (env !== undefined) return { env };
  return file === undefined ? null : { file };
}

function address(value: Value): Result<string, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  return /^https?:\/\/[^\s]+$/.test(read.value) && URL.canParse(read.value)
    ? read
    : refuse(value, `is ${describe(value)}, wanted ${ADDRESS}`);
}

/** Field names of RFC 9110, 5.1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const placeKeys = section({ env: { name: "env", read: text }, file: { name: "file", read: folder } });

function headers(value: Value, context: ReadContext): Result<Record<string, string | SecretPlace>, Fault[]> {
  if (value.type !== "mapping")
    return refuse(value, `is ${describe(value)}, wanted a mapping such as {Authorization: {env: HOOK_AUTH}}`);
  const pairs = all(
    value.entries.map(({ key, value: given }): Result<[string, string | SecretPlace], Fault[]> => {
      if (!HEADER_NAME.test(key)) return refuse(given, "has a name that no header can have");
      const read = headerValue(given, context);
      return read.ok ? ok([key, read.value]) : read;
    }),
  );
  return pairs.ok ? ok(Object.fromEntries(pairs.value)) : pairs;
}

function headerValue(value: Value, context: ReadContext): Result<string | SecretPlace, Fault[]> {
  if (value.type !== "mapping") {
    const read = text(value);
    if (!read.ok) return read;
    return /^[^\r\n]+$/.test(read.value) ? read : refuse(value, "has several lines, wanted one");
  }
  const read = placeKeys(value, context);
  if (!read.ok) return read;
  const place = placeOf(read.value.env, read.value.file);
  return place === null ? refuse(value, "says no place, wanted {env: NAME} or {file: PATH}") : ok(place);
}
