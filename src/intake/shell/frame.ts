/** Of code: a list of commands, in parentheses, in backquotes, or the branches of a `case`. */
type CodeType = "list" | "(" | "`" | "case";

/** Where in the grammar the scan is; the current word begins at `start`, or there is none. */
export interface ShellFrame {
  readonly type: CodeType | '"' | "${";
  start: number | null;
  /** False for a word with quotes, an escape or a substitution. */
  isPlain: boolean;
  /** True where a command may begin. */
  isCommand: boolean;
  /** The command that the words belong to, as far as it matters. */
  command: "[" | "set" | "for" | "case" | null;
  /** True where the next word is a file. */
  isFile: boolean;
  /** Of a `case`: true between its `in` or `;;` and the next parenthesis. */
  isPattern: boolean;
  /** True for the words of an array. */
  readonly isArray: boolean;
  /** True inside double quotes. */
  readonly isQuoted: boolean;
  /** Open braces of the word, with what makes them expand in bash. */
  readonly braces: { readonly at: number; kind: "{a,b}" | "{1..3}" | null }[];
}

/** A word of a command that has ended. */
export interface Word {
  readonly start: number;
  readonly text: string;
  readonly isPlain: boolean;
}

/** A frame at the beginning of its text. */
export function frameOf(type: ShellFrame["type"]): ShellFrame {
  return {
    type,
    start: null,
    isPlain: true,
    isCommand: true,
    command: null,
    isFile: false,
    isPattern: false,
    isArray: false,
    isQuoted: false,
    braces: [],
  };
}
