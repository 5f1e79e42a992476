import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runApp } from "../../src/cli/app.ts";
import type { Context } from "../../src/cli/context.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { printable } from "../../src/lib/printable.ts";
import { EXIT, MIRROR_EXIT } from "../../src/model/errors.ts";
import { environmentOf } from "../rig/surroundings.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempDirectory } from "../rig/temp-home.ts";

/** What a person sees of one command. */
export interface Shown {
  readonly out: string;
  readonly err: string;
  /** The name of the exit code. */
  readonly exit: string;
}

/** How a command is called. */
export interface View {
  /** The width of the terminal; without one, the output goes to a pipe. */
  readonly columns?: number;
  /** In ms since the epoch; default: `NOW_MS`. */
  readonly nowMs?: number;
}

/** The names of exit codes; those of a task's own exit code are its number. */
const NAMES = new Map<number, string>([
  ...Object.entries(EXIT).map(([name, code]) => [code, name] as const),
  ...Object.entries(MIRROR_EXIT).map(([name, code]) => [code, name] as const),
]);

/** Runs command lines in this process: for one user, in one folder, at a moment that stands still. */
export class Stage extends TempDirectory {
  readonly home = join(this.path, "home");
  readonly folder = join(this.path, "project");
  /** The programs of its machine: what a real one has more does not matter. */
  readonly #programs = join(this.path, "bin");

  constructor() {
    super();
    mkdirSync(this.folder);
    mkdirSync(this.#programs);
    for (const name of ["sh", "bash", "python"]) symlinkSync("/bin/sh", join(this.#programs, name));
    mkdirSync(join(this.path, "runtime"), { mode: 0o700 });
  }

  async show(words: readonly string[], { columns, nowMs = NOW_MS }: View = {}): Promise<Shown> {
    const written = { out: "", err: "" };
    const add = (to: "out" | "err") => (text: string) => {
      written[to] += printable(text);
    };
    const clock: Clock = { now: () => nowMs, awakeMs: () => 1_000_000 };
    const context: Context = {
      arguments: words,
      env: { ...environmentOf(this.path), PATH: this.#programs, STINT_HOME: this.home, PAGER: "cat" },
      cwd: this.folder,
      userHome: this.path,
      user: () => "ada",
      pid: 4_242,
      become: () => {},
      self: "/usr/bin/stint",
      clock,
      isTerminal: columns !== undefined,
      hasColor: false,
      columns: () => columns ?? Number.POSITIVE_INFINITY,
      out: add("out"),
      outOfJob: (bytes) => add("out")(Buffer.from(bytes).toString()),
      outRaw: (bytes) => add("out")(Buffer.from(bytes).toString()),
      log: add("out"),
      err: add("err"),
      progress: () => ({ onProgress: () => {}, clear: () => {} }),
      outputEnd: () => null,
      unpaint: () => {},
      hasInput: () => false,
      umask: () => "022",
      readInput: () => new Uint8Array(),
      progressLine: () => {},
      onSignal: () => () => {},
      onSuspend: () => {},
      onResize: () => {},
      underMask: (_mask, work) => work(),
      rows: () => 24,
    };
    const code = await runApp(context);
    return {
      out: this.#plain(written.out),
      err: this.#plain(written.err),
      exit: NAMES.get(code) ?? String(code),
    };
  }

  /** Without what differs from run to run. */
  #plain(text: string): string {
    return text.replaceAll(this.path, "/home/ada").replaceAll(String(process.pid), "PID");
  }
}
/** A command as a terminal shows it, for a snapshot. */
export function screen({ out, err, exit }: Shown): string {
  return [out, ...(err === "" ? [] : ["--- stderr", err]), ...(exit === "done" ? [] : [`--- exit: ${exit}`])]
    .map((part) => part.trimEnd())
    .filter((part) => part !== "")
    .join("\n");
}
