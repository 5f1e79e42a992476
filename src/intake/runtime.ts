import { ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { RUNTIMES, type Runtime } from "../model/kind.ts";
import { type Fault, refuse, refuseFor } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { alternatives, type ReadContext, reader, text } from "./readers.ts";
import { oneOfWords } from "./schema.ts";
import { describe, type Value } from "./value.ts";

const KNOWN: ReadonlyMap<string, Runtime> = new Map<string, Runtime>([
  ...RUNTIMES.map((name) => [name, name] as const),
  ["python3", "python"],
  ["nodejs", "node"],
  ["shell", "sh"],
]);

const custom = mapping(
  { command: text, flag: text },
  { must: ["command"], example: "{command: perl, flag: -w}" },
);

/** The interpreter of a script: a known name, or a mapping of a command and the flag before the file. */
export const runtime = reader(
  () => ({ anyOf: [{ enum: [...RUNTIMES] }, oneOfWords([...KNOWN.keys()]), custom.schema] }),
  (value: Value, context: ReadContext): Result<Runtime, Fault[]> => {
    if (value.type === "mapping") return custom(value, context);
    const typed = value.type === "scalar" && value.data !== null ? value.text : "";
    const known = KNOWN.get(typed.toLowerCase());
    if (known !== undefined) return ok(known);
    const near = closest(typed, KNOWN.keys());
    const message = `is ${describe(value)}, wanted ${alternatives(RUNTIMES)}`;
    if (near !== null) return refuseFor(value, message, { text: near, hint: `did you mean ${near}?` });
    const other = typed === "" ? undefined : `for another program write runtime: {command: ${typed}}`;
    return refuse(value, message, other);
  },
);

/** System folders; a program elsewhere, as in a virtual environment, is used by its path. */
const SYSTEM_FOLDER = /^\/(?:usr\/(?:local\/)?)?bin\/([^/\s]+)$/;

/** The interpreter of a script's `#!` line, parsed as the kernel does (execve(2): the program and at most one argument), or null. */
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
