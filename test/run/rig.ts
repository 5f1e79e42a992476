import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessIdentity } from "../../src/lib/host.ts";
import type { Kind, Mode } from "../../src/model/kind.ts";
import { type Launched, type LaunchOrder, launch } from "../../src/run/launch.ts";
import { readStart } from "../../src/run/records.ts";
import { signalTree } from "../../src/run/tree.ts";
import { deadline } from "../rig/patience.ts";
import { PROGRAMS } from "../rig/surroundings.ts";

/** A directory that goes away, with every process that was started for it. */
export interface Place extends AsyncDisposable {
  readonly path: string;
  /** Marks its processes. */
  readonly token: string;
  file(name: string): string;
  /** The content of a file in it, or null. */
  read(name: string): string | null;
  write(name: string, text: string, mode?: number): string;
}

/** Makes a place of its own for one test. */
export function makePlace(): Place {
  const path = mkdtempSync(join(tmpdir(), "stint-run-"));
  const token = `token-${path.slice(-6)}-${Bun.randomUUIDv7()}`;
  const file = (name: string): string => join(path, name);
  return {
    path,
    token,
    file,
    read: (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : null),
    write: (name, text, mode = 0o600) => {
      writeFileSync(file(name), text, { mode });
      return file(name);
    },
    async [Symbol.asyncDispose]() {
      rmSync(path, { recursive: true, force: true });
      await until(() => signalTree({ leader: null, token }, "SIGKILL") === 0);
      // What a dying process made in between.
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Waits until a condition holds. */
export async function until<T>(condition: () => T | null | false | undefined): Promise<T> {
  const limit = deadline();
  for (;;) {
    const value = condition();
    if (value !== null && value !== false && value !== undefined) return value;
    if (limit.isOver()) throw new Error(`waited in vain for ${condition.toString()}`);
    await Bun.sleep(5);
  }
}

type Subprocess = Extract<Kind, { type: "subprocess" }>;

/** A job in a place. */
export function kindOf(mode: Mode, change: Partial<Subprocess> = {}): Subprocess {
  const environment = { policy: "inherit" } as const;
  return { type: "subprocess", mode, cwd: "/", env: {}, environment, failOnNonZero: true, ...change };
}

/** A program with its arguments as a job. */
export function command(program: string, ...args: string[]): Mode {
  return { type: "command", command: program, args };
}

/** A line for /bin/sh as a job. */
export function shell(line: string, ...args: string[]): Mode {
  return command("/bin/sh", "-c", line, "job", ...args);
}

/** The order to run something in the directory `attempt` of a place. */
export function orderFor(
  place: Place,
  mode: Mode,
  change: Partial<LaunchOrder> & { kind?: Subprocess } = {},
): LaunchOrder {
  const directory = place.file("attempt");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const environment = { PATH: PROGRAMS, PWD: place.path, STINT_TOKEN: place.token };
  const kind = kindOf(mode, { cwd: place.path });
  return {
    directory,
    kind,
    environment,
    separateLogs: false,
    prefix: [],
    enter: null,
    token: place.token,
    group: null,
    self: process.execPath,
    ...change,
  };
}

/** Launches and insists that it worked. */
export function launched(order: LaunchOrder): Launched {
  const result = launch(order);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.error}`);
  return result.value;
}

/** The job itself, once its recording parent has noted it: it leads its own session and group. */
export async function mainOf(place: Place): Promise<ProcessIdentity> {
  return until(() => {
    const start = readStart(place.file("attempt"));
    return start === null || typeof start === "string" ? null : start.job;
  });
}

/** Launches, and gives the log once the recording parent has ended. */
export async function outputOf(place: Place, order: LaunchOrder): Promise<string> {
  await launched(order).ended;
  return place.read("attempt/output.log") ?? "";
}
