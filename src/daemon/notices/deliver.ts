import { existsSync } from "node:fs";
import { readPrivateFile } from "../../lib/private-file.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Notice, NoticeRules, Receiver, SecretPlace, Webhook } from "../../model/notice.ts";
import { jobEnvironment } from "../../run/environment.ts";
import { runHook } from "../../run/hook.ts";
import { readEnvironment } from "../../store/environments.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { post } from "./http.ts";
import { bodyOf, pingAddress, signatureOf, variablesOf } from "./message.ts";
import { DELIVERED, failedTry, type Outcome } from "./outcome.ts";

/** The context of a delivery. */
export interface Delivering {
  readonly layout: Layout;
  readonly rules: NoticeRules;
  /** The supervisor's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Tries once to deliver a notice. All failures outside of stint are outcomes; an exception is a bug. */
export function deliver(notice: Notice, delivering: Delivering): Promise<Outcome> {
  const { receiver } = notice;
  switch (receiver.type) {
    case "command":
      return runCommand(notice, receiver.argv, delivering);
    case "webhook":
      return callWebhook(notice, receiver, delivering);
    case "ping":
      return ping(notice, receiver, delivering);
  }
}

async function runCommand(
  notice: Notice,
  argv: readonly string[],
  { layout, rules, environment, signal }: Delivering,
): Promise<Outcome> {
  const captured = variables(notice, { layout, environment });
  const end = await runHook({
    argv,
    cwd: notice.origin === "task" && existsSync(notice.task.cwd) ? notice.task.cwd : layout.home,
    environment: jobEnvironment({
      policy: { policy: "inherit" },
      captured,
      task: {},
      runner: variablesOf(notice, layout.home),
    }).environment,
    token: notice.id,
    timeoutMs: rules.commandTimeoutMs,
    signal,
  });
  if (end.how === "aborted") return { type: "aborted" };
  if (end.how === "ended" && end.code === 0) return DELIVERED;
  if (end.how === "hung")
    return failedTry(`the command ran for over ${rules.commandTimeoutMs} ms and was killed`);
  if (end.how === "notStarted") return failedTry("the command could not be started");
  // Its output is not kept: it may hold secrets.
  return failedTry(end.code === null ? "the command was killed" : `the command ended with ${end.code}`);
}

async function callWebhook(notice: Notice, webhook: Webhook, delivering: Delivering): Promise<Outcome> {
  const find = finder(notice, delivering);
  const url = addressOf(webhook, find);
  if (!url.ok) return failedTry(`its address: ${url.error}`);
  const body = bodyOf(notice);
  const headers: Record<string, string> = {};
  for (const [name, given] of Object.entries(webhook.headers ?? {})) {
    const value = typeof given === "string" ? ok(given) : find(given);
    if (!value.ok) return failedTry(`its header ${name}: ${value.error}`);
    headers[name] = value.value;
  }
  if (webhook.secret !== undefined) {
    const secret = find(webhook.secret);
    if (!secret.ok) return failedTry(`its secret: ${secret.error}`);
    headers["Stint-Signature"] = signatureOf(body, { secret: secret.value, atMs: delivering.nowMs });
  }
  headers["Content-Type"] = "application/json";
  headers["Stint-Id"] = notice.id;
  headers["Stint-Event"] = notice.event;
  return send(url.value, { headers, body }, delivering);
}

async function ping(
  notice: Notice,
  receiver: Extract<Receiver, { type: "ping" }>,
  delivering: Delivering,
): Promise<Outcome> {
  const url = addressOf(receiver, finder(notice, delivering));
  if (!url.ok) return failedTry(`its address: ${url.error}`);
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  return send(pingAddress(url.value, notice), { headers, body: notice.logTail }, delivering);
}

function send(
  url: string,
  message: { headers: Record<string, string>; body: string },
  { rules, signal }: Delivering,
): Promise<Outcome> {
  const headers = { ...message.headers, "User-Agent": "stint" };
  return post({ url, headers, body: message.body, timeoutMs: rules.timeoutMs, signal });
}

type Find = (place: SecretPlace) => Result<string, string>;

/** Returns a reader of secrets, which are read when they are needed and never kept. */
function finder(notice: Notice, delivering: Delivering): Find {
  return (place) => {
    if ("file" in place) {
      const read = readPrivateFile(place.file);
      if (!read.ok) return err(`cannot use ${place.file}: ${read.error}`);
      return nonEmpty(read.value.trim(), `${place.file} is empty`);
    }
    const value = variables(notice, delivering)[place.env];
    return nonEmpty(value ?? "", `the variable ${place.env} is not set`);
  };
}

function nonEmpty(value: string, otherwise: string): Result<string, string> {
  return value === "" ? err(otherwise) : ok(value);
}

function addressOf({ url }: { readonly url: string | SecretPlace }, find: Find): Result<string, string> {
  const found = typeof url === "string" ? ok(url) : find(url);
  if (!found.ok) return found;
  return /^https?:\/\//.test(found.value) && URL.canParse(found.value)
    ? found
    : err("it is not an http:// or https:// address");
}

/** The variables of a notice: those captured at the submission for a task's own, the supervisor's for one of config.yaml. */
function variables(
  notice: Notice,
  { layout, environment }: Pick<Delivering, "layout" | "environment">,
): Readonly<Record<string, string>> {
  const hash = notice.origin === "task" ? notice.environment : undefined;
  if (hash === undefined) return environment;
  const read = tryFs("read the captured environment", () => readEnvironment(layout, hash));
  return (read.ok ? read.value : null) ?? environment;
}
