import type { Clock } from "../lib/clock.ts";

/** Shows how far a long look at many tasks has come. */
export interface ProgressView {
  readonly onProgress: (count: number, all: number) => void;
  /** Removes what is shown, so that something else can be written. */
  clear(): void;
}

/** Who asks a home for something: a command now, a server or a page later. It knows nothing of a terminal's screen. */
export interface Caller {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The user's home directory. */
  readonly userHome: string;
  /** The user's name, which few requests need. */
  readonly user: () => string;
  /** Path of this executable. */
  readonly self: string;
  readonly clock: Clock;
  /** Permissions that are taken away from new files, in octal. */
  readonly umask: () => string;
  /** Takes what the user should know beside the answer. */
  readonly err: (text: string) => void;
  /** True where a person waits for the answer, and is told what takes long. */
  readonly isTerminal: boolean;
  readonly progress: () => ProgressView;
}
