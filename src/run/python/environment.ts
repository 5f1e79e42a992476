import { accessSync, constants, existsSync, readSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { unlessRefused } from "../../lib/errno.ts";
import { textOf } from "../../lib/file-text.ts";
import { withFile } from "../../lib/regular-file.ts";
import type { AnyMode } from "../../model/kind.ts";
import type { PythonEnvironment } from "./packages.ts";

/** What a job runs, and where. */
export interface Running {
  readonly mode: AnyMode;
  readonly cwd: string;
  /** Of the job. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The Python environment that a job runs in, as its command and its PATH tell it; null for a job without one. Nothing is run, so what a
 * script chooses while it runs is not seen, except by the usual words.
 */
export function pythonEnvironmentOf({ mode, cwd, env }: Running): PythonEnvironment | null {
  switch (mode.type) {
    case "image":
      return null;
    case "command":
      return SHELLS.test(basename(mode.command)) && mode.args[0]?.startsWith("-") === true
        ? ofText(mode.args.slice(1).join("\n"), { cwd, env })
        : ofProgram(mode.command, { args: mode.args, cwd, env });
    case "script":
      if (mode.runtime === "python") return ofProgram("python3", { args: [], cwd, env });
      return typeof mode.runtime === "string"
        ? ofText(mode.body, { cwd, env })
        : ofProgram(mode.runtime.command, { args: [], cwd, env });
  }
}

/** As much of a script as is looked through. */
const MAX_LOOKED = 64 * 1_024;
const SIGNS =
  /\.py\b|venv|bin.activate|\b(?:i?python[\d.]*|torchrun|accelerate|deepspeed|jupyter|papermill|pytest|conda|mamba|micromamba|uv|poetry|pdm|hatch|rye|pixi)\b/;

/** True where the words of a job have a sign of Python; what runs behind other words is not looked for. */
export function mayBePython(mode: AnyMode): boolean {
  switch (mode.type) {
    case "image":
      return false;
    case "command":
      return SIGNS.test([mode.command, ...mode.args].join(" ").slice(0, MAX_LOOKED));
    case "script": {
      if (mode.runtime === "python") return true;
      const runtime = typeof mode.runtime === "string" ? "" : mode.runtime.command;
      return SIGNS.test(`${runtime}\n${mode.body.slice(0, MAX_LOOKED)}`);
    }
  }
}

type Place = Pick<Running, "cwd" | "env">;

const SHELLS = /^(?:ba|da|z|k)?sh$/;
const PYTHON = /^python[\d.]*t?$/;
/** They make the environment of a project, in the folder of the project. */
const MANAGERS = /^(?:uv|poetry|pdm|hatch|rye|pixi)$/;

function ofProgram(
  name: string,
  { args, cwd, env }: Place & { readonly args: readonly string[] },
): PythonEnvironment | null {
  if (MANAGERS.test(basename(name))) return ofProject(cwd);
  if (/^(?:conda|mamba|micromamba)$/.test(basename(name)))
    return ofText([name, ...args].join(" "), { cwd, env });
  const path = name.includes("/") ? resolve(cwd, name) : inSearchPath(name, { cwd, env });
  if (path === null) return null;
  const own = rootOf(path) ?? ofPyenv(path, { cwd, env });
  if (own !== null) return own;
  if (PYTHON.test(basename(path))) return { prefix: dirname(dirname(path)), python: path };
  const interpreter = interpreterOf(path);
  if (interpreter === null) return ofShell(env);
  const [program = "", argument = ""] = interpreter;
  const named = basename(program) === "env" ? argument : program;
  if (PYTHON.test(basename(named))) return ofProgram(named, { args: [], cwd, env });
  return ofShell(env);
}

/** The environment whose `bin/` a program is in; null for the folders of the system. */
function rootOf(path: string): PythonEnvironment | null {
  const prefix = dirname(dirname(path));
  const isOne = existsSync(join(prefix, "pyvenv.cfg")) || existsSync(join(prefix, "conda-meta"));
  return isOne ? { prefix, python: PYTHON.test(basename(path)) ? path : null } : null;
}

/** A shim of pyenv runs the program of the version that a variable, a file of the project or its own file names; null for no shim. */
function ofPyenv(path: string, { cwd, env }: Place): PythonEnvironment | null {
  const [folder, root] = [dirname(path), dirname(dirname(path))];
  if (basename(folder) !== "shims") return null;
  const named = env["PYENV_VERSION"] ?? versionNearest(cwd) ?? textOf(join(root, "version")) ?? "";
  const [version = ""] = named.trim().split(/[\s:]+/);
  const prefix = join(root, "versions", version);
  return version === "" || !existsSync(prefix) ? null : { prefix, python: null };
}

function versionNearest(cwd: string): string | null {
  for (let at = cwd; ; at = dirname(at)) {
    const found = textOf(join(at, ".python-version"));
    if (found !== null || at === dirname(at)) return found;
  }
}

/** Looks for the words that choose an environment in a shell line or a script; the last of them counts. */
function ofText(text: string, { cwd, env }: Place): PythonEnvironment | null {
  const paths = [
    ...text.matchAll(/(?:^|[\s;&|("'])([\w./~$-]+)\/bin\/(?:activate|python[\d.]*)(?=$|[\s;&|)"'])/gm),
  ];
  const last = paths.at(-1)?.[1];
  if (last !== undefined) {
    const folder = resolve(cwd, last.replace(/^~(?=\/|$)/, env["HOME"] ?? "~"));
    const found = rootOf(join(folder, "bin", "python"));
    if (found !== null) return found;
  }
  const conda =
    /\b(?:conda|mamba|micromamba)\s+(?:activate|run\s+(?:-n|--name|-p|--prefix))\s+([\w./-]+)/.exec(
      text,
    )?.[1];
  if (conda !== undefined) return ofConda(conda, env);
  if (/(?:^|[\s;&|(])(?:uv|poetry|pdm|hatch|rye|pixi)\s+run\b/m.test(text)) return ofProject(cwd);
  const word = /(?:^|[\s;&|(])(python[\d.]*)(?=$|[\s;&|)])/m.exec(text)?.[1];
  return word === undefined ? ofShell(env) : ofProgram(word, { args: [], cwd, env });
}

/** The environment that was activated where the task was submitted. */
function ofShell(env: Place["env"]): PythonEnvironment | null {
  const prefix = env["VIRTUAL_ENV"] ?? env["CONDA_PREFIX"];
  return prefix === undefined || prefix === "" ? null : rootOf(join(prefix, "bin", "python"));
}

function ofConda(name: string, env: Place["env"]): PythonEnvironment | null {
  if (name.includes("/")) return rootOf(join(name, "bin", "python"));
  const program = env["CONDA_EXE"] ?? env["MAMBA_EXE"];
  const root = env["MAMBA_ROOT_PREFIX"] ?? (program === undefined ? undefined : dirname(dirname(program)));
  if (root === undefined) return null;
  return rootOf(join(name === "base" ? root : join(root, "envs", name), "bin", "python"));
}

/** The `.venv` of the project that a folder is in. */
function ofProject(cwd: string): PythonEnvironment | null {
  for (let at = cwd; ; at = dirname(at)) {
    const found = rootOf(join(at, ".venv", "bin", "python"));
    if (found !== null || at === dirname(at)) return found;
  }
}

function inSearchPath(name: string, { cwd, env }: Place): string | null {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const path = resolve(cwd, folder, name);
    const isProgram = unlessRefused(() => {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    }, false);
    if (isProgram) return path;
  }
  return null;
}

const FIRST_LINE_BYTES = 256;

/** The words of a `#!` line; null for another file. */
function interpreterOf(path: string): string[] | null {
  const buffer = Buffer.alloc(FIRST_LINE_BYTES);
  const length = unlessRefused(
    () => withFile(path, (file) => readSync(file, buffer, 0, buffer.length, 0)),
    0,
  );
  const [line = ""] = buffer.toString("utf8", 0, length).split("\n");
  return line.startsWith("#!") ? line.slice(2).trim().split(/\s+/) : null;
}
