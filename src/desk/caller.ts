import type { Clock } from "../lib/clock.ts";

/** Shows the progress of long work. */
export interface ProgressView {
  readonly onProgress: (count: number, all: number) => void;
  /** Clears the line, so that other text can be written. */
  clear(): void;
}

/** The context of a request to a home, of a command or of a server; it has nothing of a terminal's screen. */
export interface Caller {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly userHome: string;
  /** The user's name; a function, as few requests need it. */
  readonly user: () => string;
  /** Path of this executable. */
  readonly self: string;
  readonly clock: Clock;
  /** The umask, in octal. */
  readonly umask: () => string;
  /** Writes messages to the user, apart from the answer. */
  readonly err: (text: string) => void;
  /** True where a person waits for the answer, and is shown progress. */
  readonly isTerminal: boolean;
  /** `tell` words the line; default: how many ended tasks are read. */
  readonly progress: (tell?: (count: number, all: number) => string) => ProgressView;
}
