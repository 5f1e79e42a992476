import { fstatSync, writeSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import { ESCAPE, oneLine, ownSequence, printable } from "../lib/printable.ts";
import { JobText } from "./job-text.ts";

/** The value on Linux; node:fs has no name for it. */
const O_CLOEXEC = 0o2000000;
/** Resets the colours that a job's output may have left on the terminal. */
const UNPAINTED = `${ESCAPE}[0m`;
/** Moves to the first column and clears the line. */
const LINE_START = `${ownSequence("1G")}${ownSequence("K")}`;

/** `closed`: the reader has exited (`stint ls | head`); `lost`: the system refused a write, as on a full disk. */
export type OutputEnd = "closed" | "lost";

/**
 * Writes all output of this process. Text always passes `printable`, as it may contain foreign text; output of jobs is written as
 * it is, to a terminal through `JobText`.
 */
export class Output {
  readonly #isTerminal: boolean;
  readonly #jobText = new JobText();
  /** True while the colours of a job may be on. */
  #isPainted = false;
  /** The line of progress at the cursor; empty where there is none. */
  #progress = "";
  #end: OutputEnd | null = null;
  #wasClosed: boolean | null = null;

  constructor(options: { readonly isTerminal: boolean }) {
    this.#isTerminal = options.isTerminal;
  }

  /** Why stdout takes no more; null while it does. */
  get end(): OutputEnd | null {
    return this.#end;
  }

  /** Writes text to stdout; if that fails, to stderr, as it may contain the ids of queued tasks. */
  readonly out = (text: string): void => {
    this.progress("");
    this.unpaint();
    const bytes = Buffer.from(printable(text));
    if (!this.#put(bytes, "the answer follows")) tryToWrite(2, bytes);
  };

  /** Writes output of a job; nothing more once stdout has failed, as the log has all of it. */
  readonly ofJob = (bytes: Uint8Array): void => {
    if (!this.#isTerminal) return this.raw(bytes);
    const text = this.#jobText.next(bytes);
    this.#isPainted ||= text.includes(ESCAPE);
    this.raw(Buffer.from(text));
  };

  /** Writes output of a job unfiltered, to a terminal too. */
  readonly raw = (bytes: Uint8Array): void => {
    this.progress("");
    this.#put(bytes, "the whole output of the job is in its log");
  };

  readonly err = (text: string): void => {
    this.progress("");
    this.unpaint();
    tryToWrite(2, Buffer.from(printable(text)));
  };

  /** Shows a line of progress in place of the last one; an empty one removes it, as any other output does. The caller sees to it that a person reads stderr. */
  readonly progress = (line: string): void => {
    if (line === this.#progress) return;
    this.#progress = line;
    tryToWrite(2, Buffer.from(printable(`${LINE_START}${line}`)));
  };

  /** Writes a line of the supervisor's log. It may be lost: a full disk or a full pipe must not delay the queue. */
  readonly log = (line: string): void => {
    try {
      writeSync(1, `${oneLine(line)}\n`);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  };

  /** Resets colours before text of stint, and at the end. */
  readonly unpaint = (): void => {
    if (!this.#isPainted) return;
    this.#isPainted = false;
    this.#put(Buffer.from(UNPAINTED), "");
  };

  /** Returns false where stdout has failed, which is reported once, with what happens to the rest; a closed reader is no failure. */
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

/** If stderr fails too, the text is lost. */
function tryToWrite(file: number, bytes: Uint8Array): void {
  writeAll(file, bytes);
}

/** Writes all bytes, waiting while a pipe is full; returns the errno of a failed write, or null. */
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
