import { err, ok, type Result } from "../lib/result.ts";
import { MAX_RECEIVERS, type Receiver, type SecretPlace } from "../model/notice.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { mapping, mappingOf } from "./mapping.ts";
import { all, listOf, type ReadContext, reader, text } from "./readers.ts";
import { type Schema, TEXT, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";
import { describe, type Entry, type Value } from "./value.ts";

const KINDS = "one of command, webhook and ping";
const ADDRESS = "an address such as https://example.org/hook";

const address = reader(textLike("^https?://\\S+$"), (value: Value): Result<string, Fault[]> => {
  const read = text(value);
  if (!read.ok) return read;
  return /^https?:\/\/[^\s]+$/.test(read.value) && URL.canParse(read.value)
    ? read
    : refuse(value, `is ${describe(value)}, wanted ${ADDRESS}`);
});

const words = listOf(text);

/** A list is a program with its arguments, a text a shell line. */
const command = reader(
  { anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }] },
  (value: Value, context: ReadContext): Result<Receiver, Fault[]> => {
    if (value.type === "list") {
      const argv = words(value, context);
      if (!argv.ok) return argv;
      return argv.value.length === 0
        ? refuse(value, "is empty, wanted a program with its arguments")
        : ok({ type: "command", argv: argv.value });
    }
    const line = text(value);
    return line.ok ? ok({ type: "command", argv: ["/bin/sh", "-c", line.value] }) : line;
  },
);

/** Field names of RFC 9110, 5.1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const placeKeys = mapping({ env: text, file: folder }, { example: "{env: NAME} or {file: PATH}" });

const headerValue = reader(
  () => ({
    anyOf: [
      { ...TEXT, pattern: "^[^\\r\\n]+$" },
      { ...placeKeys.schema, minProperties: 1 },
    ],
  }),
  (value: Value, context: ReadContext): Result<string | SecretPlace, Fault[]> => {
    if (value.type !== "mapping") {
      const read = text(value);
      if (!read.ok) return read;
      return /^[^\r\n]+$/.test(read.value) ? read : refuse(value, "has several lines, wanted one");
    }
    const read = placeKeys(value, context);
    if (!read.ok) return err(read.error);
    const place = placeOf(read.value.env, read.value.file);
    return place === null ? refuse(value, "names no source, wanted {env: NAME} or {file: PATH}") : ok(place);
  },
);

const headers = mappingOf(headerName, headerValue, {
  example: "{Authorization: {env: HOOK_AUTH}}",
  names: () => textLike(HEADER_NAME.source),
});

function headerName({ key, span, value }: Entry): Result<string, Fault[]> {
  return HEADER_NAME.test(key) ? ok(key) : err([fault(span, `"${value.path}" is no valid name of a header`)]);
}

const addressKeys = { url: address, urlEnv: text, urlFile: folder } as const;
const pingKeys = mapping(addressKeys);
const webhookKeys = mapping({ ...addressKeys, secretEnv: text, secretFile: folder, headers });
const oneOfThree = { oneOf: Object.keys(addressKeys).map((key) => ({ required: [key] })) };

const ping = reader(
  () => ({ anyOf: [address.schema, { ...pingKeys.schema, ...oneOfThree }] }),
  (value: Value, context: ReadContext): Result<Receiver, Fault[]> => {
    const read = value.type === "mapping" ? pingKeys(value, context) : urlAlone(value);
    if (!read.ok) return err(read.error);
    const url = oneAddress(value, read.value);
    return url.ok ? ok({ type: "ping", url: url.value }) : url;
  },
);

const webhook = reader(
  () => ({
    anyOf: [
      address.schema,
      { ...webhookKeys.schema, ...oneOfThree, not: { required: ["secretEnv", "secretFile"] } },
    ],
  }),
  (value: Value, context: ReadContext): Result<Receiver, Fault[]> => {
    const read = value.type === "mapping" ? webhookKeys(value, context) : urlAlone(value);
    if (!read.ok) return err(read.error);
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
  },
);

const receiverKeys = mapping(
  { command, webhook, ping },
  { example: "{command: LINE}, {webhook: ADDRESS} or {ping: ADDRESS}" },
);
const receiverSchema = (): Schema => ({
  ...receiverKeys.schema,
  oneOf: ["command", "webhook", "ping"].map((key) => ({ required: [key] })),
});

/** Receivers of a notice: a list of mappings with one of command, webhook and ping, or one such mapping. */
export const receivers = reader(
  () => ({ anyOf: [receiverSchema(), { type: "array", items: receiverSchema(), maxItems: MAX_RECEIVERS }] }),
  (value: Value, context: ReadContext): Result<Receiver[], Fault[]> => {
    const items = value.type === "list" ? value.items : [value];
    if (items.length > MAX_RECEIVERS)
      return refuse(value, `has ${items.length} receivers, wanted at most ${MAX_RECEIVERS}`);
    return all(items.map((item) => receiver(item, context)));
  },
);

function receiver(value: Value, context: ReadContext): Result<Receiver, Fault[]> {
  const read = receiverKeys(value, context);
  if (!read.ok) return err(read.error);
  const given = Object.values(read.value).filter((one) => one !== undefined);
  const [only] = given;
  return only === undefined || given.length > 1
    ? refuse(value, `has ${given.length} keys, wanted ${KINDS}`)
    : ok(only);
}

/** The address of a dead-man switch, which is pinged at the start and at the end. */
export const pings = reader(
  () => ping.schema,
  (value: Value, context: ReadContext): Result<Receiver[], Fault[]> => {
    const read = ping(value, context);
    return read.ok ? ok([read.value]) : read;
  },
);

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
