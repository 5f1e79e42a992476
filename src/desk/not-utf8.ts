import { readFileSync, readlinkSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Caller } from "./caller.ts";
import { homePath } from "./home.ts";

/**
 * Records and environments are JSON, which is UTF-8. The runtime replaces other bytes by this character, which makes another file
 * name or password of them; only the kernel's copy of the bytes shows whether it was typed.
 */
const REPLACED = "\uFFFD";

/** Why such bytes are refused. */
export const TAKEN = "stint keeps what it queues as UTF-8";

/** Refuses a command line with bytes that are not UTF-8; the message quotes the argument. */
export function refuseArguments(words: readonly string[]): Problem | null {
  if (!words.some((word) => word.includes(REPLACED))) return null;
  const raw = fieldsOf("/proc/self/cmdline").slice(-words.length);
  const index = raw.findIndex((bytes) => !isText(bytes));
  const bytes = raw[index];
  if (bytes === undefined) return null;
  const message = `Cannot read argument ${index + 1} ${shown(bytes)}: it is not UTF-8 text, and ${TAKEN}`;
  return problem(
    "WRONG_ENCODING",
    message,
    `wanted UTF-8; a script can produce such bytes: printf ${shown(bytes).slice(1)}`,
  );
}

/** Refuses a home whose path comes from a folder or a variable that is not UTF-8. */
export function refuseHome(caller: Caller): Problem | null {
  if (!homePath(caller).includes(REPLACED)) return null;
  const names = ["STINT_HOME", "XDG_DATA_HOME", "HOME"];
  const variable = mangledVariables(caller.env).find(({ name }) => names.includes(name));
  if (variable === undefined) return refuseFolder(caller);
  const value = shown(variable.value);
  return problem(
    "WRONG_ENCODING",
    `Cannot use the home that ${variable.name} names: ${value} is not UTF-8 text, wanted a path that is`,
  );
}

/** Refuses the current folder where its name is not UTF-8. */
export function refuseFolder({ cwd }: Pick<Caller, "cwd">): Problem | null {
  const bytes = cwd.includes(REPLACED)
    ? unlessRefused(() => readlinkSync("/proc/self/cwd", { encoding: "buffer" }), null)
    : null;
  if (bytes === null || isText(bytes)) return null;
  const message = `Cannot run anything in ${shown(bytes)}: the name of this folder is not UTF-8 text, and ${TAKEN}`;
  return problem(
    "WRONG_ENCODING",
    message,
    "rename it, or change to a folder with a UTF-8 name and use --cwd",
  );
}

/** The variables with bytes that are not UTF-8, by the names that the runtime shows. */
export function mangledVariables(env: Caller["env"]): { readonly name: string; readonly value: Buffer }[] {
  const isSeen = Object.entries(env).some(
    ([name, value]) => name.includes(REPLACED) || value.includes(REPLACED),
  );
  const raw = isSeen ? fieldsOf("/proc/self/environ").filter((bytes) => !isText(bytes)) : [];
  return raw.map((bytes) => {
    const end = bytes.indexOf("=");
    return { name: bytes.toString("utf8", 0, end), value: bytes.subarray(end + 1) };
  });
}

/** The variables whose names are not UTF-8, which bash allows: the runtime drops them, so that jobs do not get them. */
export function droppedVariables(): string[] {
  return fieldsOf("/proc/self/environ")
    .map((bytes) => bytes.subarray(0, Math.max(0, bytes.indexOf("="))))
    .filter((name) => !isText(name))
    .map(shown);
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The NUL-separated fields of a file of the kernel; empty where there is no such file. */
function fieldsOf(path: string): Buffer[] {
  const fields: Buffer[] = [];
  const bytes = unlessRefused(() => readFileSync(path), Buffer.alloc(0));
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    fields.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return fields;
}

const MAX_SHOWN = 80;

/** Quoted as in bash: `$'caf\xe9'`. */
export function shown(bytes: Uint8Array): string {
  const characters = [...bytes.subarray(0, MAX_SHOWN)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) return `\\x${byte.toString(16).padStart(2, "0")}`;
    return character === "'" || character === "\\" ? `\\${character}` : character;
  });
  return `$'${characters.join("")}'${bytes.length > MAX_SHOWN ? "…" : ""}`;
}
