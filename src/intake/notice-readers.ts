import { err, ok, type Result } from "../lib/result.ts";
import { MAX_RECEIVERS, type Receiver, type SecretPlace } from "../model/notice.ts";
import { type Fault, fault, misfit, refuse, refuseFor } from "./fault.ts";
import { mapping, mappingOf } from "./mapping.ts";
import { after, all, described, listOf, type ReadContext, type Reader, reader, text } from "./readers.ts";
import { type Schema, TEXT, textLike } from "./schema.ts";
import { inYamlQuotes } from "./slips/line.ts";
import { folder } from "./task-readers.ts";
import { describe, type Value } from "./value.ts";

const KINDS = "one of command, webhook and ping";
const ADDRESS = "an address such as https://example.org/hook";

const address = reader(
  textLike("^https?://\\S+$"),
  after(text, (typed, value) =>
    /^https?:\/\/\S+$/.test(typed) && URL.canParse(typed) ? ok(typed) : misfit(value, ADDRESS),
  ),
);

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

const secretPlace = after(placeKeys, ({ env, file }, value) => {
  const [place] = placesOf(env, file);
  return place === undefined
    ? refuse(value, "names no source, wanted {env: NAME} or {file: PATH}")
    : ok(place);
});

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
    return secretPlace(value, context);
  },
);

const headers = mappingOf(
  ({ key, span, value }): Result<string, Fault[]> =>
    HEADER_NAME.test(key) ? ok(key) : err([fault(span, `"${value.path}" is not a valid header name`)]),
  headerValue,
  { example: "{Authorization: {env: HOOK_AUTH}}", names: () => textLike(HEADER_NAME.source) },
);

const addressKeys = { url: address, urlEnv: text, urlFile: folder } as const;
const pingKeys = mapping(addressKeys);
const webhookKeys = mapping({ ...addressKeys, secretEnv: text, secretFile: folder, headers });
type Hooked = Extract<ReturnType<typeof webhookKeys>, { ok: true }>["value"];
const oneOfThree = { oneOf: Object.keys(addressKeys).map((key) => ({ required: [key] })) };

/** An address alone stands for a mapping with nothing else. */
function orAlone(keys: Reader<Hooked>): typeof keys {
  const alone = after(address, (url) => ok<Hooked>({ url }));
  return reader(
    () => ({ anyOf: [address.schema, { ...keys.schema, ...oneOfThree }] }),
    (value: Value, context: ReadContext) => (value.type === "mapping" ? keys : alone)(value, context),
  );
}

const pinged = orAlone(pingKeys);
const ping = reader(
  () => pinged.schema,
  after(pinged, (given, value): Result<Receiver, Fault[]> => {
    const url = oneAddress(value, given);
    return url.ok ? ok({ type: "ping", url: url.value }) : url;
  }),
);

const hooked = orAlone(described(webhookKeys, () => ({ not: { required: ["secretEnv", "secretFile"] } })));
const webhook = reader(
  () => hooked.schema,
  after(hooked, (given, value): Result<Receiver, Fault[]> => {
    const url = oneAddress(value, given);
    if (!url.ok) return url;
    const [secret, another] = placesOf(given.secretEnv, given.secretFile);
    if (another !== undefined) return refuse(value, "has secretEnv and secretFile, wanted one of them");
    return ok({
      type: "webhook",
      url: url.value,
      ...(secret !== undefined && { secret }),
      ...(given.headers !== undefined && { headers: given.headers }),
    });
  }),
);

const RECEIVER = "{command: LINE}, {webhook: ADDRESS} or {ping: ADDRESS}";
const receiverKeys = mapping({ command, webhook, ping }, { example: RECEIVER });
const oneReceiver = (value: Value, context: ReadContext): ReturnType<typeof receiverKeys> => {
  const line = value.type === "scalar" && typeof value.data === "string" ? value.text : "";
  if (line === "" || line.includes("\n")) return receiverKeys(value, context);
  const meant = /^https?:/.test(line)
    ? `{webhook: ${inYamlQuotes(line)}}`
    : `{command: ${inYamlQuotes(line)}}`;
  return refuseFor(value, `is ${describe(value)}, wanted ${RECEIVER}`, meant);
};
const receiver = after(oneReceiver, (given, value): Result<Receiver, Fault[]> => {
  const [only, ...others] = Object.values(given);
  return only === undefined || others.length > 0
    ? refuse(value, `has ${Object.keys(given).length} keys, wanted ${KINDS}`)
    : ok(only);
});
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

/** The address of a dead-man switch, which is pinged at the start and at the end. */
export const pings = reader(
  () => ping.schema,
  after(ping, (one) => ok([one])),
);

function oneAddress(value: Value, { url, urlEnv, urlFile }: Hooked): Result<string | SecretPlace, Fault[]> {
  const places = [...(url === undefined ? [] : [url]), ...placesOf(urlEnv, urlFile)];
  const [only] = places;
  return only === undefined || places.length > 1
    ? refuse(value, `has ${places.length} addresses, wanted one of url, urlEnv and urlFile`)
    : ok(only);
}

function placesOf(env: string | undefined, file: string | undefined): SecretPlace[] {
  return [...(env === undefined ? [] : [{ env }]), ...(file === undefined ? [] : [{ file }])];
}
