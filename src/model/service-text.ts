import { own } from "../lib/own.ts";
import type { Kind } from "./kind.ts";
import type { AttemptService, ServiceSpec } from "./service.ts";

/*
 * `${{ service.port }}` and `${{ service.ports.NAME }}` stay in a record, and each start fills them. A text with one of them keeps
 * `$${{` for `${{` until then; in any other text the intake has replaced it.
 */

const PLACEHOLDER = /(\$?)\$\{\{\s*service\.(port|ports\.([^{}\s]*))\s*\}\}/g;

/** What a text asks for: names of ports, null for the first one. */
export function portsAskedIn(text: string): (string | null)[] {
  if (!text.includes("${{")) return [];
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, escape, , name]) =>
    escape === "$" ? [] : [name ?? null],
  );
}

/** A text with the ports of an attempt; a name that is none of them stays as it is. */
export function withPorts(text: string, ports: AttemptService["ports"]): string {
  if (portsAskedIn(text).length === 0) return text;
  const [first] = Object.values(ports);
  return text
    .replaceAll(PLACEHOLDER, (whole: string, ...groups: (string | undefined)[]) => {
      const [escape, , name] = groups;
      const port = name === undefined ? first : own(ports, name);
      return escape === "$" || port === undefined ? whole : String(port);
    })
    .replaceAll("$${{", () => "${{");
}

/** All texts of a program in which ports are filled. */
export function textsOf({ mode, env }: Kind): string[] {
  const body = mode.type === "script" ? [mode.body] : mode.type === "command" ? [mode.command] : [];
  return [...body, ...mode.args, ...Object.values(env)];
}

/** A program with the ports of an attempt. */
export function kindWithPorts<K extends Kind>(kind: K, ports: AttemptService["ports"]): K {
  const fill = (text: string): string => withPorts(text, ports);
  const { mode } = kind;
  const args = mode.args.map(fill);
  const filled =
    mode.type === "script"
      ? { ...mode, args, body: fill(mode.body) }
      : mode.type === "command"
        ? { ...mode, args, command: fill(mode.command) }
        : { ...mode, args };
  const env = Object.fromEntries(Object.entries(kind.env).map(([name, value]) => [name, fill(value)]));
  return { ...kind, mode: filled, env };
}

/** Where an attempt of a service is found, without its token; undefined where that is not known. */
export function urlOf(of: ServiceSpec, ports: AttemptService["ports"]): string | undefined {
  const [first] = Object.values(ports);
  const told = of.url === undefined ? undefined : withPorts(of.url, ports);
  if (told !== undefined && !told.startsWith("/")) return told;
  const isHttp = told !== undefined || of.ready?.probe?.type === "http";
  return first === undefined || !isHttp ? undefined : `http://127.0.0.1:${first}${told ?? "/"}`;
}
