import * as v from "valibot";
import { own } from "../lib/own.ts";
import { durationMs } from "./backoff.ts";
import { instant } from "./identity.ts";
import { byName } from "./job-data.ts";

/*
 * A service is a job that answers others until it is stopped: a notebook, a dashboard, a model behind HTTP. It takes no job slot, its
 * ports are allocated at each start, and it is on record as serving once it answers.
 */

const MAX_PORT = 65_535;
export const MAX_PORTS = 16;
/** The name of the port of `port: N`. */
export const MAIN_PORT = "main";
export const PORT_NAME_PATTERN = /^[a-z][a-z0-9_]{0,31}$/;
export const MAX_PROBE_TEXT = 1_024;
/** How long a service may take until it answers. */
export const DEFAULT_READY_MS = 3 * 60_000;
export const DEFAULT_HEALTH_MS = 30_000;
export const DEFAULT_HEALTH_FAILURES = 3;

/** 0 stands for a port that is allocated. */
const portNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PORT));
const portName = v.pipe(v.string(), v.regex(PORT_NAME_PATTERN));
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PROBE_TEXT));
const urlPath = v.pipe(text, v.startsWith("/"));
const timeMs = v.pipe(durationMs, v.minValue(1));

/** How it is asked whether a service answers; without a port, the first one is asked. */
const serviceProbe = v.variant("type", [
  /** A GET of the path is answered with 2xx or 3xx. */
  v.strictObject({ type: v.literal("http"), path: urlPath, port: v.optional(portName) }),
  /** The port accepts a connection. */
  v.strictObject({ type: v.literal("tcp"), port: v.optional(portName) }),
  /** A line of its log has this text, in which `*` stands for any characters. */
  v.strictObject({ type: v.literal("log"), text }),
  /** It tells so itself: `stint emit ready`. */
  v.strictObject({ type: v.literal("event") }),
]);
export type ServiceProbe = v.InferOutput<typeof serviceProbe>;

/** What a task says of the service that it is. */
export const service = v.strictObject({
  /** By name, the first one first; 0 for one that is allocated. */
  ports: byName(portNumber),
  /** The variable that gives the service a generated token. */
  token: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/))),
  /** Default: a connection to the first port; without ports, it is ready at once. */
  ready: v.optional(v.strictObject({ probe: v.optional(serviceProbe), withinMs: v.optional(timeMs) })),
  health: v.optional(
    v.strictObject({
      everyMs: timeMs,
      /** In a row, after which it is stopped. */
      failures: v.pipe(v.number(), v.integer(), v.minValue(1)),
    }),
  ),
  /** A path on the first port, or a URL; it may have placeholders. */
  url: v.optional(text),
  /** It is stopped after so long without use. */
  idleMs: v.optional(timeMs),
  /** Where the service itself tells when it was last used; without it, its connections and events count. */
  activity: v.optional(
    v.strictObject({ path: urlPath, port: v.optional(portName), field: v.optional(text) }),
  ),
  /** It is stopped so long after it was ready. */
  ttlMs: v.optional(timeMs),
  /** The name by which it is opened. */
  publish: v.optional(text),
});
export type ServiceSpec = v.InferOutput<typeof service>;

/** What an attempt of a service has; times awake as `Clock.awakeMs`. */
export const attemptService = v.strictObject({
  /** That it listens on, by name. */
  ports: byName(v.pipe(portNumber, v.minValue(1))),
  /** Without its token. */
  url: v.optional(v.string()),
  readyAt: v.optional(instant),
  readyAwakeMs: v.optional(v.number()),
  lastUsedAt: v.optional(instant),
  lastUsedAwakeMs: v.optional(v.number()),
});
export type AttemptService = v.InferOutput<typeof attemptService>;

/** True for a task that is a service: it takes no job slot, and nothing waits for its end. */
export function isService(of: { readonly spec: { readonly service?: ServiceSpec | undefined } }): boolean {
  return of.spec.service !== undefined;
}

/** How it is asked whether it is ready; null where it is at once. */
export function readyProbe({ ports, ready }: ServiceSpec): ServiceProbe | null {
  return ready?.probe ?? (Object.keys(ports).length > 0 ? { type: "tcp" } : null);
}

/** How its health is asked: as its readiness where that can be asked again, else by a connection; null where nothing can be. */
export function healthProbe(of: ServiceSpec): ServiceProbe | null {
  const ready = readyProbe(of);
  if (ready?.type === "http" || ready?.type === "tcp") return ready;
  return Object.keys(of.ports).length > 0 ? { type: "tcp" } : null;
}

/** The port with a name, or the first one; undefined where there is none. */
export function portNamed(ports: AttemptService["ports"], name?: string): number | undefined {
  return name === undefined ? Object.values(ports)[0] : own(ports, name);
}

/** The variables that tell a service its ports. */
export function portVariables(ports: AttemptService["ports"]): Record<string, string> {
  const [first] = Object.values(ports);
  const named = Object.entries(ports).map(([name, port]) => [
    `STINT_PORT_${name.toUpperCase()}`,
    String(port),
  ]);
  return {
    ...(first !== undefined && { STINT_PORT: String(first) }),
    ...(Object.fromEntries(named) as Record<string, string>),
  };
}
