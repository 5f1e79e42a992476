import { parseDuration, typedDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  DEFAULT_HEALTH_FAILURES,
  DEFAULT_HEALTH_MS,
  healthProbe,
  MAIN_PORT,
  MAX_PORTS,
  MAX_PROBE_TEXT,
  PORT_NAME_PATTERN,
  type ServiceProbe,
  type ServiceSpec,
} from "../model/service.ts";
import { called, type Fault, fault, misfit, refuse } from "./fault.ts";
import { mapping, mappingOf, partOf } from "./mapping.ts";
import { after, count, duration, type ReadContext, type Reader, reader, text, yesOrNo } from "./readers.ts";
import { IMPOSSIBLE_KEYS, says, TEXT, textLike } from "./schema.ts";
import type { Entry, Value } from "./value.ts";

const MAX_PORT = 65_535;
const port = count(0, MAX_PORT);
const NAME = textLike(`^(?!(?:${IMPOSSIBLE_KEYS.join("|")})$)${PORT_NAME_PATTERN.source.slice(1)}`);
const VARIABLE = /^[A-Za-z_]\w*$/;

function isPortName(name: string): boolean {
  return PORT_NAME_PATTERN.test(name) && !IMPOSSIBLE_KEYS.includes(name);
}

const portName = reader(
  NAME,
  after(text, (name, value) =>
    isPortName(name)
      ? ok(name)
      : misfit(value, "the name of a port: small letters, digits and _, a letter first"),
  ),
);

/** Names by their ports. */
const ports = mappingOf(nameOfPort, port, { example: "{http: 0, grpc: 0}", names: () => NAME });

function nameOfPort({ key, span, value }: Entry): Result<string, Fault[]> {
  if (isPortName(key)) return ok(key);
  const wanted = "wanted small letters, digits and _, a letter first";
  return err([fault(span, `${called(value)} is not a valid name of a port, ${wanted}`)]);
}

const short = reader(
  { ...TEXT, maxLength: MAX_PROBE_TEXT },
  after(text, (typed, value) =>
    typed.length > MAX_PROBE_TEXT
      ? refuse(value, `has ${typed.length} characters, wanted at most ${MAX_PROBE_TEXT}`)
      : ok(typed),
  ),
);

const urlPath = reader(
  textLike("^/", { maxLength: MAX_PROBE_TEXT }),
  after(short, (path, value) =>
    path.startsWith("/") ? ok(path) : misfit(value, "a path on the service, such as /health"),
  ),
);

const variable = reader(
  textLike(VARIABLE.source),
  after(text, (name, value) =>
    VARIABLE.test(name) ? ok(name) : misfit(value, "the name of a variable, such as JUPYTER_TOKEN"),
  ),
);

/** `true`, or the name of a port. */
const tcp = reader(
  () => ({ anyOf: [{ const: true }, portName.schema] }),
  (value: Value, context: ReadContext): Result<string | null, Fault[]> =>
    value.type === "scalar" && value.data === true ? ok(null) : portName(value, context),
);

const isTrue = reader(
  { const: true },
  after(yesOrNo, (is, value) => (is ? ok(true as const) : misfit(value, "true, or the key left out"))),
);

const READY = "{http: /health}, {tcp: true}, {log: TEXT} or {event: true}, with {within: 3m}";
const readyKeys = mapping(
  { http: urlPath, port: portName, tcp, log: short, event: isTrue, within: duration() },
  { example: READY },
);
const WAYS = ["http", "tcp", "log", "event"] as const;

const ready = reader(
  () => ({
    ...readyKeys.schema,
    allOf: [
      ...WAYS.flatMap((one, index) =>
        WAYS.slice(index + 1).map((other) => ({ not: { allOf: [says(one), says(other)] } })),
      ),
      { anyOf: [says("http"), { not: says("port") }] },
    ],
  }),
  (value: Value, context: ReadContext): Result<NonNullable<ServiceSpec["ready"]>, Fault[]> => {
    const read = readyKeys(value, context);
    if (!read.ok) return read;
    const { within: withinMs, port: name, ...ways } = read.value;
    const said = WAYS.filter((way) => ways[way] !== undefined);
    if (said.length > 1) return refuse(value, `has ${said.join(" and ")}, wanted one of them`);
    if (name !== undefined && ways.http === undefined)
      return refuse(partOf(value, "port"), "has no effect without http, wanted {tcp: NAME} for another port");
    const probe = probeOf(ways, name);
    return ok({ ...(probe !== null && { probe }), ...(withinMs !== undefined && { withinMs }) });
  },
);

interface Ways {
  readonly http?: string;
  readonly tcp?: string | null;
  readonly log?: string;
  readonly event?: true;
}

function probeOf({ http, tcp: name, log, event }: Ways, ofHttp: string | undefined): ServiceProbe | null {
  if (http !== undefined) return { type: "http", path: http, ...(ofHttp !== undefined && { port: ofHttp }) };
  if (name !== undefined) return { type: "tcp", ...(name !== null && { port: name }) };
  if (log !== undefined) return { type: "log", text: log };
  return event === undefined ? null : { type: "event" };
}

const healthKeys = mapping(
  { every: duration(), failures: count(1) },
  { example: "{every: 30s, failures: 3}" },
);

const health = reader(
  () => ({ anyOf: [{ const: true }, healthKeys.schema] }),
  (value: Value, context: ReadContext): Result<NonNullable<ServiceSpec["health"]>, Fault[]> => {
    const isDefault = value.type === "scalar" && value.data === true;
    const read = isDefault ? ok({}) : healthKeys(value, context);
    if (!read.ok) return read;
    const { every = DEFAULT_HEALTH_MS, failures = DEFAULT_HEALTH_FAILURES }: Health = read.value;
    return ok({ everyMs: every, failures });
  },
);

interface Health {
  readonly every?: number;
  readonly failures?: number;
}

const span = duration();
const idleKeys = mapping(
  { after: { as: "afterMs", read: span }, http: urlPath, port: portName, field: short },
  { must: ["after", "http"], example: "{after: 2h, http: /api/status, field: last_activity}" },
);

const idle = reader(
  () => ({ anyOf: [span.schema, idleKeys.schema] }),
  (value: Value, context: ReadContext): Result<Pick<ServiceSpec, "idleMs" | "activity">, Fault[]> => {
    if (value.type !== "mapping") {
      const read = span(value, context);
      return read.ok ? ok({ idleMs: read.value }) : read;
    }
    const read = idleKeys(value, context);
    if (!read.ok) return read;
    const { afterMs, http: path, ...rest } = read.value;
    return ok({ idleMs: afterMs, activity: { path, ...rest } });
  },
);

const serviceKeys = mapping(
  {
    port: { read: port, about: "its port; 0: one that is free" },
    ports: { read: ports, about: "several ports by name, such as {http: 0, grpc: 0}" },
    token: { read: variable, about: "a variable that gets a generated token" },
    ready: { read: ready, about: "how it is asked whether it answers, and how long it may take" },
    health: { read: health, about: "how often it is asked again, and how many failures are too many" },
    url: { read: short, about: "where it is opened: a path on its port, or a URL" },
    idle: { read: idle, about: "it is stopped after so long without use" },
    ttl: { read: span, about: "it is stopped so long after it was ready" },
    publish: { read: short, about: "the name by which it is opened" },
  },
  { example: "{port: 0}" },
);

type Given = Extract<ReturnType<typeof serviceKeys>, { ok: true }>["value"];

function serviceOf({
  port: one,
  ports: several,
  ready: asked,
  idle: unused,
  ttl,
  ...rest
}: Given): ServiceSpec {
  return {
    ports: several ?? (one === undefined ? {} : { [MAIN_PORT]: one }),
    ...rest,
    ...(asked !== undefined && Object.keys(asked).length > 0 && { ready: asked }),
    ...unused,
    ...(ttl !== undefined && { ttlMs: ttl }),
  };
}

/** What the keys say of each other; null where nothing is wrong. */
function clashIn(value: Value, made: ServiceSpec): Result<never, Fault[]> | null {
  const names = Object.keys(made.ports);
  const has = (key: string): boolean => partOf(value, key) !== value;
  if (has("port") && has("ports")) return refuse(partOf(value, "port"), "is given beside ports, wanted one");
  if (names.length > MAX_PORTS)
    return refuse(partOf(value, "ports"), `has ${names.length} ports, wanted at most ${MAX_PORTS}`);
  const fixed = Object.values(made.ports).filter((number) => number > 0);
  if (new Set(fixed).size < fixed.length)
    return refuse(partOf(value, "ports"), "has one port twice, wanted different ones");
  const { probe } = made.ready ?? {};
  const isAsked = probe?.type === "http" || probe?.type === "tcp";
  const asked = isAsked ? (probe.port ?? names[0] ?? null) : undefined;
  const wanted = names.length === 0 ? "wanted port: 0 beside it" : `wanted ${names.join(" or ")}`;
  if (asked === null || (asked !== undefined && !names.includes(asked)))
    return refuse(partOf(value, "ready"), `asks a port that the service has not, ${wanted}`);
  const { activity } = made;
  if (activity !== undefined && !names.includes(activity.port ?? names[0] ?? ""))
    return refuse(partOf(value, "idle"), `asks a port that the service has not, ${wanted}`);
  if (made.health !== undefined && healthProbe(made) === null)
    return refuse(partOf(value, "health"), "has nothing to ask without a port, wanted port: 0 beside it");
  return null;
}

/** The key `service`. */
export const serviceReader: Reader<ServiceSpec> = reader(
  () => serviceKeys.schema,
  (value: Value, context: ReadContext): Result<ServiceSpec, Fault[]> => {
    const read = serviceKeys(value, context);
    if (!read.ok) return read;
    const made = serviceOf(read.value);
    return clashIn(value, made) ?? ok(made);
  },
  ({ ports: named }) =>
    Object.keys(named).length === 0
      ? "without ports"
      : Object.entries(named)
          .map(([name, number]) => `${name} ${number === 0 ? "on a free port" : number}`)
          .join(", "),
);

/** A service as a task file has it. */
export function serviceForm(of: ServiceSpec): Record<string, unknown> {
  const { ports: named, ready: asked, health: checked, idleMs, activity, ttlMs, ...rest } = of;
  const [name, ...others] = Object.keys(named);
  const isMain = name === MAIN_PORT && others.length === 0;
  return {
    ...(isMain ? { port: named[MAIN_PORT] } : name === undefined ? {} : { ports: named }),
    ...rest,
    ...(asked !== undefined && { ready: readyForm(asked) }),
    ...(checked !== undefined && {
      health: { every: spanForm(checked.everyMs), failures: checked.failures },
    }),
    ...(idleMs !== undefined && { idle: idleForm(idleMs, activity) }),
    ...(ttlMs !== undefined && { ttl: spanForm(ttlMs) }),
  };
}

function readyForm({ probe, withinMs }: NonNullable<ServiceSpec["ready"]>): Record<string, unknown> {
  const within = withinMs !== undefined && { within: spanForm(withinMs) };
  switch (probe?.type) {
    case undefined:
      return { ...within };
    case "http":
      return { http: probe.path, ...(probe.port !== undefined && { port: probe.port }), ...within };
    case "tcp":
      return { tcp: probe.port ?? true, ...within };
    case "log":
      return { log: probe.text, ...within };
    case "event":
      return { event: true, ...within };
  }
}

function idleForm(afterMs: number, activity: ServiceSpec["activity"]): unknown {
  if (activity === undefined) return spanForm(afterMs);
  const { path, ...rest } = activity;
  return { after: spanForm(afterMs), http: path, ...rest };
}

function spanForm(ms: number): string {
  const typed = typedDuration(ms);
  return parseDuration(typed) === ms ? typed : `${ms}ms`;
}
