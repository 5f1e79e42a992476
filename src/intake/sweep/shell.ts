/** The quoting at the place of a placeholder in a shell line; `unsure` where it cannot be determined. */
export type ShellPlace = "bare" | "single" | "double" | "unsure";

/** A placeholder in a line, as offsets. */
interface Hole {
  readonly start: number;
  readonly end: number;
}

/** Programs that parse an argument as code again: quotes for the first shell would be gone by then. */
const READS_TWICE = /\b(eval|ssh|xargs|parallel|trap|alias)\b/;
/** Programs that do so with an option. */
const INTERPRETER = /\b(sh|bash|dash|zsh|ksh|fish|su|python[\d.]*|perl|ruby|node|bun)\b/;
const READS_NEXT = /\s-\w*[ce]\b/;
/** `${NAME}` without operators. */
const SIMPLE_EXPANSION = /\$\{#?[\w@*#?!-]+\}/y;

/**
 * Returns the quoting of each hole by the rules of the POSIX shell (2.2). After a construct that needs more context than the text so
 * far (here-documents, backquotes, arithmetic), every hole is `unsure`.
 */
export function shellPlaces(line: string, holes: readonly Hole[]): ShellPlace[] {
  if (readsTwice(line)) return holes.map(() => "unsure");
  const scan = new Scan(line, holes);
  while (scan.isGoingOn()) scan.step();
  return holes.map((hole) => scan.places.get(hole.start) ?? "unsure");
}

/** Two patterns for each line: a single one would search for the option again after each name of an interpreter. */
function readsTwice(text: string): boolean {
  if (READS_TWICE.test(text)) return true;
  return text.split(/\n(?!-)/).some((line) => {
    const found = INTERPRETER.exec(line);
    return found !== null && READS_NEXT.test(line.slice(found.index + found[0].length));
  });
}

class Scan {
  readonly places = new Map<number, ShellPlace>();
  readonly #line: string;
  readonly #holes: ReadonlyMap<number, Hole>;
  readonly #starts: readonly number[];
  /** How many holes begin before the end of the last quotes. */
  #passed = 0;
  /** True where a `case` was found: its `)` looks like the end of a substitution. */
  readonly #hasCase: boolean;
  /** Open constructs: `"`, or `(` of a subshell or of `$(`. */
  readonly #open: ('"' | "(")[] = [];
  #at = 0;
  #isLost = false;

  constructor(line: string, holes: readonly Hole[]) {
    this.#line = line;
    this.#starts = holes.map((hole) => hole.start);
    this.#hasCase = /\bcase\b/.test(line);
    this.#holes = new Map(holes.map((hole) => [hole.start, hole]));
  }

  isGoingOn(): boolean {
    return !this.#isLost && this.#at < this.#line.length;
  }

  step(): void {
    const isQuoted = this.#open.at(-1) === '"';
    const hole = this.#holes.get(this.#at);
    if (hole !== undefined) {
      this.places.set(hole.start, isQuoted ? "double" : "bare");
      this.#at = hole.end;
      return;
    }
    const sign = this.#line.charAt(this.#at);
    if (sign === "\\") this.#escape();
    else if (sign === "$") this.#dollar(isQuoted);
    else if (sign === "`") this.#isLost = true;
    else if (sign === '"') this.#quote(isQuoted);
    else if (isQuoted) this.#at += 1;
    else this.#bare(sign);
  }

  #escape(): void {
    // A backslash before a value would escape its first character.
    this.#isLost = this.#holes.has(this.#at + 1);
    this.#at += 2;
  }

  #quote(isQuoted: boolean): void {
    if (isQuoted) this.#open.pop();
    else this.#open.push('"');
    this.#at += 1;
  }

  #dollar(isQuoted: boolean): void {
    const rest = this.#line.slice(this.#at, this.#at + 3);
    if (rest.startsWith("$(")) {
      this.#isLost = rest === "$((" || this.#hasCase;
      this.#open.push("(");
      this.#at += 2;
    } else if (rest.startsWith("${")) {
      SIMPLE_EXPANSION.lastIndex = this.#at;
      const match = SIMPLE_EXPANSION.exec(this.#line);
      this.#isLost = match === null;
      this.#at += match?.[0].length ?? 0;
    } else if (!isQuoted && rest.startsWith("$'")) this.#isLost = true;
    else this.#at += 1;
  }

  #bare(sign: string): void {
    const rest = this.#line.slice(this.#at, this.#at + 3);
    if (sign === "'") return this.#single();
    const isComment = sign === "#" && (this.#at === 0 || /[\s;&|()]/.test(this.#line.charAt(this.#at - 1)));
    if (isComment) {
      const end = this.#line.indexOf("\n", this.#at);
      this.#at = end === -1 ? this.#line.length : end;
      return;
    }
    this.#isLost = rest.startsWith("((") || (rest.startsWith("<<") && rest !== "<<<");
    if (sign === "(") this.#open.push("(");
    if (sign === ")") this.#open.pop();
    this.#at += rest === "<<<" ? 3 : 1;
  }

  #single(): void {
    const end = this.#line.indexOf("'", this.#at + 1);
    // Holes and quotes both come in the order of the line.
    for (; (this.#starts[this.#passed] ?? end) < end; this.#passed += 1) {
      const start = this.#starts[this.#passed] ?? 0;
      if (start > this.#at) this.places.set(start, "single");
    }
    this.#isLost = end === -1;
    this.#at = end + 1;
  }
}

/** Characters that are literal in any place of a shell line; other languages read them as a number, a word or a path. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/** True for a value that is the same word with and without quotes. */
export function isPlain(value: string): boolean {
  return PLAIN.test(value);
}

/** Quotes a value for its place in a shell line; null where that cannot be guaranteed. */
export function shellText(value: string, place: ShellPlace): string | null {
  if (isPlain(value)) return value;
  switch (place) {
    case "bare":
      return `'${value.replaceAll("'", `'\\''`)}'`;
    case "single":
      return value.replaceAll("'", `'\\''`);
    case "double":
      return value.replaceAll(/[\\$`"]/g, "\\$&");
    case "unsure":
      return null;
  }
}
