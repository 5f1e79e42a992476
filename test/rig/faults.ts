import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, type RunOptions, type Stint, until } from "./stint.ts";

/** A system call that is answered with an error in the kernel's place, as strace(1) writes it. */
export interface Fault {
  readonly call: string;
  readonly error: string;
  /** Which calls of the main thread, which does all that touches the home: `3` the third, `3+` all from there on; every one where it is absent. */
  readonly when?: string;
  /** The one path that it is about; all of them where it is absent. */
  readonly path?: string;
}

/** A sandbox may refuse to let one process trace another. */
export const canInject =
  Bun.which("strace") !== null &&
  Bun.spawnSync(["strace", "-e", "inject=fsync:error=EIO", "true"], { stderr: "ignore" }).exitCode === 0;

function traceArguments({ call, error, when = "1+", path }: Fault, log: string): string[] {
  const inject = `inject=${call}:error=${error}:when=${when}`;
  const about = path === undefined ? [] : ["-P", path];
  return ["-o", log, ...about, "-e", `trace=${call}`, "-e", "signal=none", "-e", inject];
}

/** Runs a command line under a fault; `struck` is false where it never came to that call. */
export async function runUnder(
  stint: Stint,
  args: readonly string[],
  { fault, ...options }: RunOptions & { readonly fault: Fault },
): Promise<Ran & { readonly struck: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), "stint-fault-"));
  try {
    const log = join(folder, "log");
    const ran = await stint.run(args, { ...options, under: ["strace", ...traceArguments(fault, log)] });
    return { ...ran, struck: readFileSync(log, "utf8").includes("(INJECTED)") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Brings a fault over a process that runs, until the end of the scope. */
export async function strike(stint: Stint, pid: number, fault: Fault): Promise<AsyncDisposable> {
  return traced(pid, traceArguments(fault, join(stint.root, "strace.log")));
}

/** Makes a process wait once, when it next makes a call, as on a machine that is busy. */
export async function delayOnce(pid: number, call: string, ms: number): Promise<AsyncDisposable> {
  const inject = `inject=${call}:delay_enter=${ms * 1_000}:when=1`;
  return traced(pid, ["-o", "/dev/null", "-e", `trace=${call}`, "-e", "signal=none", "-e", inject]);
}

async function traced(pid: number, args: readonly string[]): Promise<AsyncDisposable> {
  const tracer = Bun.spawn(["strace", ...args, "-p", String(pid)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const isTraced = (): boolean =>
    readFileSync(`/proc/${pid}/status`, "utf8").includes(`TracerPid:\t${tracer.pid}\n`);
  await until("the process is traced", isTraced);
  return {
    [Symbol.asyncDispose]: async () => {
      // Told to end, strace lets its tracee go on by itself.
      tracer.kill("SIGTERM");
      await tracer.exited;
    },
  };
}
