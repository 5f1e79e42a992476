import { fstatSync, writeSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import { ESCAPE, oneLine, printable } from "../lib/printable.ts";
import { JobText } from "./job-text.ts";

/** By Linux; node:fs has no name for it. */
const O_CLOEXEC = 0o2000000;
/** Takes away the colours that a job's output may have left on the terminal. */
const UNPAINTED = `${ESCAPE}[0m`;

/** The reader went away and wants no more (`stint ls | head`), or the system refused to write, as on a full disk. */
export type OutputEnd = "closed" | "lost";

/**
 * All that this process writes. Text goes out as `printable`, whoever's words are in it and wherever it goes; the output
 * of jobs as it is, but to a terminal as `JobText`.
 */
export class Output {
  readonly #isTerminal: boolean;
  readonly #jobText = new JobText();
  /** True while the colours of a job may be on. */
  #isPainted = false;
  #end: OutputEnd | null = null;
  #wasClosed: boolean | null = null;

  constructor(options: { readonly isTerminal: boolean }) {
    this.#isTerminal = options.isTerminal;
  }

  /** Why stdout takes no more; null while it does. */
  get end(): OutputEnd | null {
    return this.#end;
  }

  /** Text for stdout; where that takes none, for stderr: it may hold the ids of what was queued. */
  readonly out = (text: string): void => {
    this.unpaint();
    const bytes = Buffer.from(printable(text));
    if (!this.#put(bytes, "the answer follows")) tryToWrite(2, bytes);
  };

  /** Of a job; nothing more once stdout takes none, as it is all in the log. */
  readonly ofJob = (bytes: Uint8Array): void => {
    if (!this.#isTerminal) return this.raw(bytes);
    const text = this.#jobText.next(bytes);
    this.#isPainted ||= text.includes(ESCAPE);
    this.raw(Buffer.from(text));
  };

  /** Of a job, to a terminal too, for whoever asks for that. */
  readonly raw = (bytes: Uint8Array): void => {
    this.#put(bytes, "the job's output is whole in its log");
  };

  readonly err = (text: string): void => {
    this.unpaint();
    tryToWrite(2, Buffer.from(printable(text)));
  };

  /** A line of the supervisor's own log, which may be lost: a full disk, or a pipe that nobody reads, must not hold up the queue. */
  readonly log = (line: string): void => {
    try {
      writeSync(1, `${oneLine(line)}\n`);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  };

  /** Before words of our own, and at the end. */
  readonly unpaint = (): void => {
    if (!this.#isPainted) return;
    this.#isPainted = false;
    this.#put(Buffer.from(UNPAINTED), "");
  };

  /** False where stdout should have taken more; of that it is told once, with what becomes of the rest. */
  #put(bytes: Uint8Array, consequence: string): boolean {
    if (this.#end !== null) return this.#end === "closed";
    this.#wasClosed ??= wasClosed();
    const errno = this.#wasClosed ? "EBADF" : writeAll(1, bytes);
    if (errno === null) return true;
    this.#end = errno === "EPIPE" ? "closed" : "lost";
    if (this.#end === "closed") return true;
    tryToWrite(
      2,
      Buffer.from(
        `stint: Cannot write to standard output: ${errno}; what was done is done, ${consequence} [OUTPUT_LOST]\n`,
      ),
    );
    return false;
  }
}

/**
 * True where this process was started without a stdout (`>&-`): the runtime puts /dev/null there, by a descriptor that no program
 * inherits (O_CLOEXEC), unlike what a shell redirects.
 */
function wasClosed(): boolean {
  if (!fstatSync(1).isCharacterDevice()) return false;
  const flags = /^flags:\t([0-7]+)$/m.exec(textOf("/proc/self/fdinfo/1") ?? "")?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

/** Where stderr takes nothing either, there is nobody to tell. */
function tryToWrite(file: number, bytes: Uint8Array): void {
  writeAll(file, bytes);
}

/** Writes all, waiting for a full pipe; the errno of what the system refuses, or null. */
function writeAll(file: number, bytes: Uint8Array): string | null {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest));
    } catch (error) {
      const code = errnoOf(error);
      if (code === null) throw error;
      if (code !== "EAGAIN") return code;
      Bun.sleepSync(1);
    }
  }
  return null;
}
