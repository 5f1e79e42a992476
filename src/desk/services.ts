import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPrivateFile } from "../lib/private-file.ts";
import { ok, type Result } from "../lib/result.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { gpusOf } from "../model/resources.ts";
import { isService } from "../model/service.ts";
import type { State } from "../model/state.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";
import { findTask } from "./select.ts";

/** A service that has not ended; the format of `stint services --json`. */
export interface ServiceSeen {
  readonly number: number;
  readonly id: string;
  /** Under which it is published, else that of its task. */
  readonly name: string;
  readonly state: State;
  /** Its URL without its token, else HOST:PORT; null where it has neither, or has not got them yet. */
  readonly address: string | null;
  readonly ports: Readonly<Record<string, number>>;
  /** Null until it is ready. */
  readonly readyAt: string | null;
  /** Null where no use was seen. */
  readonly lastUsedAt: string | null;
  readonly gpus: number;
}

/** What is known of a service from its record. */
export function serviceSeen(task: Task): ServiceSeen {
  const { metadata, spec, status } = task;
  const attempt = openAttempt(task);
  const { ports = {}, readyAt, lastUsedAt } = attempt?.service ?? {};
  return {
    number: metadata.number,
    id: metadata.id,
    name: nameOfService(task),
    state: status.state,
    address: plainAddress(task),
    ports,
    readyAt: readyAt ?? null,
    lastUsedAt: lastUsedAt ?? null,
    gpus: gpusOf(attempt?.resources ?? spec.resources),
  };
}

function nameOfService({ metadata, spec }: Task): string {
  return spec.service?.publish ?? metadata.name;
}

/** The services that have not ended: those with an open attempt first. */
export function readServices(layout: Layout): Task[] {
  return readTasks(layout, ["running", "pending"]).filter(isService);
}

/** The service that a name stands for: one under which it is published, else a task. */
export function findService(
  layout: Layout,
  reference: string,
  tellNewest?: (line: string) => void,
): Result<Task, Problem> {
  const published = readServices(layout).filter(({ spec }) => spec.service?.publish === reference);
  const [one] = published;
  if (one !== undefined && published.length === 1) return ok(one);
  const found = findTask(layout, reference, tellNewest);
  if (!found.ok || isService(found.value)) return found;
  return rejected(
    "NOT_FOUND",
    `Cannot open "${reference}": this task is no service (its file has no \`service:\`)`,
    "services are listed by `stint services`",
  );
}

/** The token of a service that has started; null where it has none. */
function tokenOf(layout: Layout, task: Task): string | null {
  const attempt = openAttempt(task);
  if (attempt === null || task.spec.service?.token === undefined) return null;
  const path = join(layout.attempt(task.metadata.id, attempt.number), ATTEMPT_FILES.serviceToken);
  const token = readPrivateFile(path);
  return token.ok ? token.value.trim() : null;
}

/** The address of a service, and its token. */
interface Address {
  /** A URL, with the token where a program takes it from there; without one, HOST:PORT. */
  readonly text: string;
  readonly token: string | null;
  /** True where the token is in the text. */
  readonly hasToken: boolean;
  /** True where a browser can show it. */
  readonly isPage: boolean;
}

/** Where to reach a service; null where it has neither port nor URL, or has not got them yet. */
export function addressOf(layout: Layout, task: Task): Address | null {
  const text = plainAddress(task);
  if (text === null) return null;
  const token = tokenOf(layout, task);
  const isPage = /^https?:/i.test(text) && URL.canParse(text);
  // As Jupyter reads it; a password, or the key of an API, is given in another way. No other machine gets a token.
  const isByUrl = isPage && /TOKEN$/i.test(task.spec.service?.token ?? "") && isHere(text);
  const hasToken = isByUrl && token !== null;
  return { text: hasToken ? withToken(text, token) : text, token, hasToken, isPage };
}

function plainAddress(task: Task): string | null {
  const { url, ports = {} } = openAttempt(task)?.service ?? {};
  const [port] = Object.values(ports);
  return url ?? (port === undefined ? null : `127.0.0.1:${port}`);
}

function isHere(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}

function withToken(url: string, token: string): string {
  const whole = new URL(url);
  whole.searchParams.set("token", token);
  return whole.href;
}

/** A page for the user alone that leads a browser to an address: a token in arguments would be seen by all users of the machine. */
export function writeRedirect(layout: Layout, task: Task, url: string): Result<string, Problem> {
  const folder = layout.attempt(task.metadata.id, task.status.attempt);
  const path = join(folder, ATTEMPT_FILES.redirect);
  return tryFs(`write ${path}`, () => {
    // What a job may have put in its place goes: a link would lead the token elsewhere.
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, redirectTo(url), { mode: 0o600, flag: "wx" });
    return path;
  });
}

function redirectTo(url: string): string {
  const address = Bun.escapeHTML(url);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${address}">
<title>stint</title>
<p><a href="${address}">Go on to the service</a></p>
`;
}
