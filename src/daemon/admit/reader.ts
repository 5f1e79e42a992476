import { existsSync } from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { errnoOf } from "../../lib/errno.ts";
import type { Layout } from "../../store/layout.ts";
import type { ReaderMessage, ReadOrder } from "./reading.ts";

/** A file that takes longer to read asks for too much. */
const MAX_READING_MS = 60_000;
/** A hundred thousand records on a slow disk take minutes. */
const MAX_STAGING_MS = 1_800_000;

/** From the end of its output to its own. */
const MAX_LEAVING_MS = 1_000;

/** This very program, also where another version has taken its place on the disk since it was started. */
const THIS_PROGRAM = "/proc/self/exe";

export interface ReaderOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  /** Path of this executable. */
  readonly self: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Called when there is news. */
  readonly nudge: () => void;
}

/**
 * A process that reads task files in the place of whoever supervises: whatever is in them, and however long it takes, no job waits for
 * it. What it stages counts for nothing until the supervisor commits it, so that one which is left over does no harm.
 */
export class ReaderProcess implements Disposable {
  readonly #options: ReaderOptions;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  readonly told: ReaderMessage[] = [];
  /** The file that it was at when it was last heard of; null before the first, and after the last. */
  at: number | null = null;
  /** True where it was ended for it took too long. */
  isTooSlow = false;
  #isOver = false;
  #sinceMs: number;

  /** Throws what the system refuses. */
  constructor(order: ReadOrder, options: ReaderOptions) {
    const { self, layout, environment, clock, nudge } = options;
    this.#options = options;
    this.#sinceMs = clock.awakeMs();
    const program = existsSync(THIS_PROGRAM) ? THIS_PROGRAM : self;
    this.#child = Bun.spawn([program, "read-files", "--home", layout.home], {
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

  /** True once it has told all that it has to tell; one that takes too long is ended. */
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
  async #send(order: ReadOrder): Promise<void> {
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
        for (const line of lines) this.#hear(JSON.parse(line) as ReaderMessage);
      }
    } catch (error) {
      if (errnoOf(error) === null && !(error instanceof SyntaxError)) throw error;
    }
    // Its output has ended, and that is what counts.
    await Promise.race([this.#child.exited, Bun.sleep(MAX_LEAVING_MS)]);
  }

  #hear(told: ReaderMessage): void {
    this.told.push(told);
    this.#sinceMs = this.#options.clock.awakeMs();
    if (told.type === "at") this.at = told.file;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
