import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { removeGroups } from "./groups.ts";
import { deadline, PATIENCE_MS } from "./patience.ts";
import { environmentOf } from "./surroundings.ts";

/** The program that users get. */
const EXECUTABLE = resolve("dist/stint");

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** A command that runs the program: its own words stand before. */
  readonly under?: readonly string[];
}

const PLACE_OF: Readonly<Record<string, string>> = {
  queued: "pending",
  completed: "done",
  cancelled: "done",
  failed: "dead-letter",
};

type Json = Record<string, unknown>;

/** The attempt fields that tests look at. */
interface AttemptView {
  readonly number: number;
  readonly state: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly process?: { readonly pid: number };
  readonly failure?: {
    readonly class: string;
    readonly code: string;
    readonly rule: string;
    readonly error: string;
  };
  readonly retry?: { readonly baseMs: number; readonly delayMs: number };
  readonly logTail?: string;
  readonly peakMemoryBytes?: number;
  readonly artifacts?: { readonly count: number; readonly bytes: number };
  readonly notes?: readonly string[];
  readonly unenforced?: readonly string[];
  readonly token: string;
}

/** A record as a reader of the folder sees it. */
export interface RecordView {
  readonly place: string;
  readonly metadata: {
    readonly id: string;
    readonly number: number;
    readonly resourceVersion: number;
    readonly epoch: number;
    readonly source: string;
    readonly generation: number;
  } & Json;
  readonly spec: Json;
  readonly status: {
    readonly state: string;
    readonly reason?: string;
    readonly attempt: number;
    readonly attempts: readonly AttemptView[];
    readonly orphanCount: number;
  } & Json;
}

/** A home of its own, the real executable on it, and everything of both gone at the end. */
export class Stint implements AsyncDisposable {
  readonly root: string;
  readonly home: string;
  /** The program that is called; a test may put another in its place. */
  executable = EXECUTABLE;
  readonly #supervisors: Bun.Subprocess[] = [];

  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, "stint-test-"));
    this.home = join(this.root, "home");
    mkdirSync(join(this.root, "runtime"), { mode: 0o700 });
  }

  /** The environment of every call: nothing of the machine's own, and no devices that other homes of this user could have. */
  get env(): Record<string, string> {
    return { ...environmentOf(this.root), STINT_HOME: this.home };
  }

  /** Runs one command line to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(args, options);
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, out, err };
  }

  /** Runs a command line that must succeed; gives its output, trimmed. */
  async ok(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    if (code !== 0) throw new Error(`stint ${args.join(" ")} ended with ${code}: ${out}${err}`);
    return out.trim();
  }

  /** Starts a command line and leaves it running. */
  start(args: readonly string[], options: RunOptions = {}): Bun.Subprocess<Uint8Array, "pipe", "pipe"> {
    return Bun.spawn([...(options.under ?? []), this.executable, ...args], {
      cwd: options.cwd ?? this.root,
      env: { ...this.env, ...options.env },
      stdin: new TextEncoder().encode(options.input ?? ""),
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  /** Starts a supervisor and waits until it is up. */
  async up(...args: string[]): Promise<Bun.Subprocess<Uint8Array, "pipe", "pipe">> {
    return this.upUnder({}, ...args);
  }

  /** The same, under a command that turns into it, or in another environment. */
  async upUnder(options: RunOptions, ...args: string[]): Promise<Bun.Subprocess<Uint8Array, "pipe", "pipe">> {
    const child = this.start(["up", ...args], options);
    this.#supervisors.push(child);
    await until(`the supervisor is up`, () => this.owner()?.["pid"] === child.pid || child.exitCode !== null);
    if (child.exitCode !== null)
      throw new Error(`stint up ended with ${child.exitCode}: ${await new Response(child.stderr).text()}`);
    return child;
  }

  /** Who holds the lock, as its record says. */
  owner(): Json | null {
    try {
      return JSON.parse(
        readFileSync(join(this.home, "locks", "supervisor.lock", "owner.json"), "utf8"),
      ) as Json;
    } catch {
      return null;
    }
  }

  /** The names in a folder of the home; none where it is not there. */
  files(folder: string): string[] {
    const path = join(this.home, folder);
    return existsSync(path) ? readdirSync(path) : [];
  }

  /** The text of a file beside the home; empty where there is none. */
  textOf(name: string): string {
    const path = join(this.root, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** True where a task was removed with everything it left. */
  isCleanedUp(id: string): boolean {
    return !this.files("runs").includes(id);
  }

  /** All records, in the order of their numbers. */
  records(): RecordView[] {
    const places = ["pending", "running", "done", "dead-letter"].filter((place) =>
      isDirectory(join(this.home, place)),
    );
    return places
      .flatMap((place) => this.#recordsIn(place))
      .toSorted((left, right) => left.metadata.number - right.metadata.number);
  }

  /** The record of a task by number. It may move from folder to folder while we look, hence further looks. */
  record(number: number): RecordView {
    for (let look = 0; look < 5; look += 1) {
      const found = this.records().find((record) => record.metadata.number === number);
      if (found !== undefined) return found;
    }
    throw new Error(`there is no task ${number}`);
  }

  /** Waits until a task is in a state and in the folder of that state: a record is written first and moved then. */
  async reach(number: number, state: string): Promise<RecordView> {
    const find = (): RecordView | undefined =>
      this.records().find((record) => record.metadata.number === number);
    await until(
      `task ${number} is ${state}`,
      () => find()?.status.state === state && find()?.place === (PLACE_OF[state] ?? "running"),
      { describe: () => JSON.stringify(find()?.status) },
    );
    return this.record(number);
  }

  #recordsIn(place: string): RecordView[] {
    // Only files: to read a FIFO of a hostile home would wait for ever.
    const names = readdirSync(join(this.home, place), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map(({ name }) => name);
    return names.flatMap((name) => {
      try {
        const text = readFileSync(join(this.home, place, name), "utf8");
        const record = JSON.parse(text) as Partial<Omit<RecordView, "place">> | null;
        // A corrupt one has nothing to show.
        return Array.isArray(record?.status?.attempts) && record.metadata !== undefined
          ? [{ place, ...(record as Omit<RecordView, "place">) }]
          : [];
      } catch {
        return []; // moved while we looked
      }
    });
  }

  /** Ends its supervisors; their jobs go on. */
  async killSupervisors(): Promise<void> {
    for (const child of this.#supervisors) child.kill("SIGKILL");
    await Promise.all(this.#supervisors.map((child) => child.exited));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killSupervisors();
    await killMarked(this.records().flatMap(({ status }) => status.attempts.map(({ token }) => token)));
    removeGroups(this.home);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** False also where a file stands in the way to it. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Waits for a condition; fails with its name after the deadline. */
export async function until(
  what: string,
  isTrue: () => boolean,
  { describe, deadlineMs = PATIENCE_MS }: { describe?: () => string | undefined; deadlineMs?: number } = {},
): Promise<void> {
  const limit = deadline(deadlineMs);
  while (!isTrue()) {
    if (limit.isOver()) throw new Error(`waited in vain until ${what}: ${describe?.() ?? ""}`);
    await Bun.sleep(10);
  }
}

/** The pid of the recording parent of a task's last attempt, which leads the job's session and group. */
export function leaderOf({ status }: RecordView): number {
  const pid = status.attempts.at(-1)?.process?.pid ?? 0;
  // To kill(2), 0 is the group of this process, and -1 is every process.
  if (pid <= 1) throw new Error(`no process is on record: ${JSON.stringify(status)}`);
  return pid;
}

/** The living processes whose environment carries an attempt's token, or one of several. */
export function markedProcesses(...tokens: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isZombie = / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\)/s, ""));
        if (isZombie) return false;
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        return tokens.some((token) => environment.includes(`STINT_TOKEN=${token}`));
      } catch {
        return false;
      }
    });
}

/** Looks that find no process before an attempt counts as gone: one may miss a process in the middle of exec(2). */
const QUIET_LOOKS = 2;

/** Kills all processes of attempts; returns when none is left, of those either that were born meanwhile. */
export async function killMarked(all: readonly string[]): Promise<void> {
  // Thousands of tasks that were written as they lie on disk have one in common.
  const tokens = [...new Set(all)];
  if (tokens.length === 0) return;
  let quiet = 0;
  await until(`nothing is left of ${tokens.join(" ")}`, () => {
    const pids = markedProcesses(...tokens);
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    quiet = pids.length === 0 ? quiet + 1 : 0;
    return quiet === QUIET_LOOKS;
  });
}
