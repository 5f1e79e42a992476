import { existsSync } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import type { Layout } from "../store/layout.ts";

/** A file that takes longer to read asks for too much. */
const MAX_READING_MS = 60_000;
/** A hundred thousand records on a slow disk take minutes. */
const MAX_STAGING_MS = 1_800_000;

/** The loop checks a reader this often; the end of the reader nudges it. */
export const READER_LOOK_MS = 1_000;
/** From the end of its output to its own. */
const MAX_LEAVING_MS = 1_000;

/** This very program, also where another version has taken its place on the disk since it was started. */
const THIS_PROGRAM = "/proc/self/exe";

/** The reader begins with an item of its order, or with staging what came of it; it may say so again, as a sign of life. */
export interface AtMessage {
  readonly type: "at";
  readonly file: number | null;
}

export interface ReaderOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  /** Path of this executable. */
  readonly self: string;
  /** What it is to do. */
  readonly verb?: "read-files" | "collect";
  readonly environment: Readonly<Record<string, string>>;
  /** Called when a result is here, or the process has ended. */
  readonly nudge: () => void;
}

/**
 * A process that reads task files, schedules or the results of jobs for the supervisor: whatever is in them, and however long it takes, no job waits for
 * it. What it stages counts for nothing until the supervisor commits it, so that a reader which outlives its supervisor does no harm.
 */
export class ReaderProcess<Message extends { readonly type: string }> implements Disposable {
  readonly #options: ReaderOptions;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  readonly told: (Message | AtMessage)[] = [];
  /** The item of the order in its last message; null before the first, and while it stages tasks. */
  at: number | null = null;
  /** True where it was killed because it took too long. */
  isTooSlow = false;
  #isOver = false;
  #sinceMs: number;

  /** Throws what the system refuses. */
  constructor(order: { readonly kind: "files" | "schedules" | "collect" }, options: ReaderOptions) {
    const { self, layout, environment, clock, nudge, verb = "read-files" } = options;
    this.#options = options;
    this.#sinceMs = clock.awakeMs();
    const program = existsSync(THIS_PROGRAM) ? THIS_PROGRAM : self;
    this.#child = Bun.spawn([program, verb, "--home", layout.home], {
      cwd: "/",
      env: { ...environment },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    });
    void this.#send(order);
    void this.#listen().finally(() => {
      this.#isOver = true;
      nudge();
    });
  }

  /** True once all its messages are here; one that takes too long is killed. */
  get isOver(): boolean {
    const mostMs = this.at === null && this.told.length > 0 ? MAX_STAGING_MS : MAX_READING_MS;
    if (!this.#isOver && !this.isTooSlow && this.#options.clock.awakeMs() - this.#sinceMs > mostMs) {
      this.isTooSlow = true;
      this.#child.kill("SIGKILL");
    }
    return this.#isOver;
  }

  /** How it ended, in words. */
  get end(): string {
    if (this.isTooSlow) return `took longer than ${MAX_READING_MS / 1_000} s`;
    const { signalCode, exitCode } = this.#child;
    return signalCode === null ? `ended with code ${exitCode}` : `was ended by ${signalCode}`;
  }

  /** One that dies before it has heard all of it is told of by its end. */
  async #send(order: object): Promise<void> {
    const { stdin } = this.#child;
    try {
      await Promise.all([stdin.write(JSON.stringify(order)), stdin.end()]);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  }

  async #listen(): Promise<void> {
    let rest = "";
    try {
      for await (const bytes of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = `${rest}${bytes}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#hear(JSON.parse(line) as Message | AtMessage);
      }
    } catch (error) {
      if (errnoOf(error) === null && !(error instanceof SyntaxError)) throw error;
    }
    // Its output has ended, and that is what counts.
    await Promise.race([this.#child.exited, Bun.sleep(MAX_LEAVING_MS)]);
  }

  #hear(told: Message | AtMessage): void {
    this.told.push(told);
    this.#sinceMs = this.#options.clock.awakeMs();
    if (isAt(told)) this.at = told.file;
    else this.#options.nudge();
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

function isAt(told: { readonly type: string }): told is AtMessage {
  return told.type === "at";
}
