import { ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { RUNTIMES, type Runtime } from "../model/kind.ts";
import { type Fault, refuse } from "./fault.ts";
import { alternatives, text } from "./readers.ts";
import { members } from "./task-readers.ts";
import { describe, type Value } from "./value.ts";

const KNOWN: ReadonlyMap<string, Runtime> = new Map<string, Runtime>([
  ...RUNTIMES.map((name) => [name, name] as const),
  ["python3", "python"],
  ["nodejs", "node"],
  ["shell", "sh"],
]);

/** What interprets a script: a known name, or a mapping of a command and the flag before the file. */
export function runtime(value: Value): Result<Runtime, Fault[]> {
  if (value.type === "mapping") {
    const read = members(value, ["command", "flag"]);
    if (!read.ok) return read;
    if (read.value.command === undefined)
      return refuse(value, "has no command, wanted the program that reads the script");
    const command = text(read.value.command);
    if (!command.ok || read.value.flag === undefined)
      return command.ok ? ok({ command: command.value }) : command;
    const flag = text(read.value.flag);
    return flag.ok ? ok({ command: command.value, flag: flag.value }) : flag;
  }
  const typed = value.type === "scalar" && value.data !== null ? value.text : "";
  const known = KNOWN.get(typed.toLowerCase());
  if (known !== undefined) return ok(known);
  const near = closest(typed, KNOWN.keys());
  const custom = typed === "" ? undefined : `for another program write runtime: {command: ${typed}}`;
  return refuse(
    value,
    `is ${describe(value)}, wanted ${alternatives(RUNTIMES)}`,
    near === null ? custom : `did you mean ${near}?`,
  );
}

/** Folders of the system: a program elsewhere (a virtual environment) is meant itself, not just its name. */
const SYSTEM_FOLDER = /^\/(?:usr\/(?:local\/)?)?bin\/([^/\s]+)$/;

/** What a script's `#!` line asks for, read as the kernel reads it (execve(2): the program and at most one argument), or null. */
export function shebangRuntime(body: string): Runtime | null {
  const match = /^#![ \t]*(\S+)[ \t]*(.*)/.exec(body);
  if (match === null) return null;
  const [, command = "", rest = ""] = match;
  const flag = rest.trim();
  const program = SYSTEM_FOLDER.exec(command)?.[1];
  const name = program === "env" ? flag : flag === "" ? program : undefined;
  const known = KNOWN.get(name ?? "");
  if (known !== undefined) return known;
  return flag === "" ? { command } : { command, flag };
}
