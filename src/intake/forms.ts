import { parseDuration, typedDuration } from "../lib/duration.ts";
import { own } from "../lib/own.ts";
import { localZone, wallTime } from "../lib/zone.ts";
import type { Backoff } from "../model/backoff.ts";
import type { CodeSpec } from "../model/code.ts";
import type { ContainerOptions, EnvironmentPolicy } from "../model/kind.ts";
import type { Receiver, SecretPlace, Webhook } from "../model/notice.ts";
import type { Condition } from "../model/preflight.ts";
import type { Restart, Retry } from "../model/retry.ts";
import { describeRequirement, type Selector } from "../model/selector.ts";
import type { Field } from "./keys/field.ts";
import { serviceForm } from "./service-readers.ts";

/** Powers of ten by their units: a size of 8 GB is not shown as 7.5 GiB. */
const SIZES = [
  [1e12, "TB"],
  [1e9, "GB"],
  [1e6, "MB"],
  [1, "B"],
] as const;

/** Ways to write the value of a key in a task file, the best first; the reader of the key decides which of them mean it. */
export function formsOf(key: string, { read }: Field, value: unknown): unknown[] {
  const special = own(SPECIAL, key)?.(value as never);
  const printed = typeof value === "object" ? undefined : read.print?.(value);
  return [special, ...(typeof value === "number" ? amountsOf(value, printed) : [printed]), value].filter(
    (form) => form !== undefined,
  );
}

/** A count, a duration in ms, or a size in bytes. */
function amountsOf(value: number, printed: string | undefined): unknown[] {
  const sizes = SIZES.filter(([unit]) => value % unit === 0).map(([unit, name]) => `${value / unit}${name}`);
  return [printed, value, ...sizes, durationForm(value)];
}

const SPECIAL: Readonly<Record<string, (value: never) => unknown>> = {
  /** The record has attempts, one more. */
  retries: (attempts: number) => (attempts > 0 ? attempts - 1 : undefined),
  restart: ({ policy, ...rest }: Restart) =>
    "intervalMs" in rest ? `${policy}:${durationForm(rest.intervalMs)}` : policy,
  code: ({ mode, link }: CodeSpec) => (link === undefined ? mode : undefined),
  environment: (of: EnvironmentPolicy) => (of.policy === "allowlist" ? of.names : of.policy),
  notBefore: localForm,
  runnerSelector: (wanted: Selector) => wanted.map(describeRequirement).join(", "),
  "container.volumes": (volumes: ContainerOptions["volumes"]) =>
    volumes.map(({ host, path, readOnly }) => `${host}:${path}${readOnly ? ":ro" : ""}`),
  "retry.perClass": (of: NonNullable<Retry["perClass"]>) =>
    Object.fromEntries(
      Object.entries(of).map(([name, { maxAttempts, backoff }]) => [
        name,
        {
          ...(maxAttempts !== undefined && { maxAttempts }),
          ...(backoff && { backoff: backoffForm(backoff) }),
        },
      ]),
    ),
  service: serviceForm,
  tracking: () => "off",
  preflight: (conditions: readonly Condition[]) => conditions.map(conditionForm),
  "notify.start": receiversForm,
  "notify.success": receiversForm,
  "notify.failure": receiversForm,
  "notify.deadLetter": receiversForm,
  "notify.batchEnd": receiversForm,
  "notify.ping": ([ping]: readonly Receiver[]) =>
    ping !== undefined && "url" in ping ? addressForm(ping.url) : undefined,
};

function backoffForm({ firstMs, maxMs, ...rest }: Backoff): unknown {
  return { first: durationForm(firstMs), max: durationForm(maxMs), ...rest };
}

/** The time of this machine's zone with its offset, to the second where it has no fraction. */
function localForm(instant: string): string {
  const smallestUnit = Date.parse(instant) % 1_000 === 0 ? "second" : "millisecond";
  return wallTime(Date.parse(instant), localZone()).toString({ smallestUnit, timeZoneName: "never" });
}

function durationForm(ms: number): string {
  const typed = typedDuration(ms);
  return parseDuration(typed) === ms ? typed : `${ms}ms`;
}

function conditionForm(of: Condition): unknown {
  switch (of.type) {
    case "command":
      return of.line;
    case "dataset":
      return { dataset: of.name };
    case "port":
      return { port: of.port };
    case "host":
      return { host: `${of.host.includes(":") ? `[${of.host}]` : of.host}:${of.port}` };
    case "free":
      return { free: `${of.bytes}B`, path: of.path };
  }
}

function receiversForm(receivers: readonly Receiver[]): unknown {
  return receivers.map((receiver) => {
    switch (receiver.type) {
      case "command": {
        const [shell, flag, line, ...rest] = receiver.argv;
        const isLine = shell === "/bin/sh" && flag === "-c" && line !== undefined && rest.length === 0;
        return { command: isLine ? line : receiver.argv };
      }
      case "webhook":
        return { webhook: webhookForm(receiver) };
      case "ping":
        return { ping: addressForm(receiver.url) };
    }
  });
}

function webhookForm({ url, secret, headers }: Webhook): unknown {
  if (typeof url === "string" && secret === undefined && headers === undefined) return url;
  return {
    ...(typeof url === "string" ? { url } : placeForm("url", url)),
    ...(secret !== undefined && placeForm("secret", secret)),
    ...(headers !== undefined && { headers }),
  };
}

function addressForm(url: string | SecretPlace): unknown {
  return typeof url === "string" ? url : placeForm("url", url);
}

/** `secretEnv: NAME` or `secretFile: PATH`. */
function placeForm(name: string, place: SecretPlace): Record<string, string> {
  return "env" in place ? { [`${name}Env`]: place.env } : { [`${name}File`]: place.file };
}
