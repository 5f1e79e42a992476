import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Kind } from "../model/kind.ts";
import { environmentOfKind } from "./environment.ts";
import { findProgram } from "./program.ts";

/** Which Python a job would run with, in a few words; undefined where it would find none. */
export function pythonOf(kind: Kind, captured: Readonly<Record<string, string>>): string | undefined {
  const { environment } = environmentOfKind(kind, { captured });
  const { mode, cwd } = kind;
  const isPython = mode.type === "command" && basename(mode.command).startsWith("python");
  const names = isPython ? [mode.command] : ["python3", "python"];
  for (const name of names) {
    const found = findProgram(name, { cwd, path: environment["PATH"] });
    if (found.ok) return `its ${basename(name)} is ${found.value}, ${venvOf(found.value, environment)}`;
  }
  return undefined;
}

function venvOf(python: string, environment: Readonly<Record<string, string>>): string {
  const root = dirname(dirname(python));
  const isOwn = existsSync(join(root, "pyvenv.cfg")) || existsSync(join(root, "conda-meta"));
  const active = environment["VIRTUAL_ENV"] ?? environment["CONDA_PREFIX"];
  const other = active === undefined || active === root ? "" : ` (the active one is ${active})`;
  return `${isOwn ? `of the virtual environment ${root}` : "which is in no virtual environment"}${other}`;
}
