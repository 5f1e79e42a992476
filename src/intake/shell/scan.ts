import { ARITHMETIC, ASSIGNMENT, BASH_PARAMETER, type Bashism, BUILTINS } from "./bashisms.ts";
import { frameOf, type ShellFrame, type Word } from "./frame.ts";
import { afterDocument, type HereDocument, hereDocumentAt } from "./here-document.ts";

/** Words after which a command begins. */
const LEADS = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"]);
const BLANK = /[ \t\r]/;

/**
 * Finds bash's constructs in a text for sh, in one pass, by the rules of the POSIX shell (2.2 to 2.10): nothing in quotes, comments,
 * here-documents and arithmetic counts. A text whose quotes or parentheses do not add up is not judged.
 */
export function bashismsIn(text: string): Bashism[] {
  const scan = new Scan(text);
  while (scan.isGoingOn()) scan.step();
  return scan.result();
}

class Scan {
  readonly #text: string;
  readonly #found: Bashism[] = [];
  readonly #frames: ShellFrame[] = [frameOf("list")];
  readonly #documents: HereDocument[] = [];
  #at = 0;
  #isLost = false;

  constructor(text: string) {
    this.#text = text;
  }

  isGoingOn(): boolean {
    return !this.#isLost && this.#at < this.#text.length;
  }

  result(): Bashism[] {
    this.#endWord();
    return this.#isLost || this.#frames.length > 1 ? [] : this.#found;
  }

  get #frame(): ShellFrame {
    return this.#frames.at(-1) ?? frameOf("list");
  }

  #find(kind: Bashism["kind"], text: string, at = this.#at): void {
    this.#found.push({ kind, at, text });
  }

  #next(sign: string): boolean {
    return this.#text.startsWith(sign, this.#at);
  }

  step(): void {
    const { type, isQuoted } = this.#frame;
    const sign = this.#text.charAt(this.#at);
    if (sign === "\\") return this.#escape();
    if (sign === "$") return this.#dollar(type === '"' || isQuoted);
    if (sign === "`" && type !== "`") return this.#open("`");
    if (sign === '"' && type !== '"') return this.#open('"');
    if (sign === "'" && type !== '"' && !isQuoted) return this.#single(this.#at + 1);
    const isEnd = sign === type || (type === "${" && sign === "}");
    if (isEnd && type !== "(") return this.#close();
    if (type === '"' || type === "${") this.#at += 1;
    else this.#code(sign);
  }

  #code(sign: string): void {
    if (BLANK.test(sign)) this.#endWord(1);
    else if (sign === "\n") this.#line();
    else if (sign === "#" && this.#frame.start === null) this.#skipTo(this.#text.indexOf("\n", this.#at));
    else if (sign === ";" || sign === "&" || sign === "|") this.#operator(sign);
    else if (sign === "(") this.#parenthesis();
    else if (sign === ")") this.#closeParenthesis();
    else if (sign === "<" || sign === ">") this.#redirection(sign);
    else this.#letter(sign);
  }

  #letter(sign: string): void {
    const frame = this.#frame;
    frame.start ??= this.#at;
    const brace = frame.braces.at(-1);
    if (sign === "{") frame.braces.push({ at: this.#at, kind: null });
    else if (sign === "," && brace !== undefined) brace.kind = "{a,b}";
    else if (brace !== undefined && this.#next("..")) brace.kind ??= "{1..3}";
    else if (sign === "}") this.#brace(frame.braces.pop());
    this.#at += 1;
  }

  #brace(brace: ShellFrame["braces"][number] | undefined): void {
    const kind = brace?.kind ?? null;
    if (brace === undefined || kind === null) return;
    const { start, isCommand, isPattern } = this.#frame;
    const text = this.#text.slice(brace.at, this.#at + 1);
    // Bash expands no braces in a value that is assigned.
    const isValue = isCommand && ASSIGNMENT.test(this.#text.slice(start ?? brace.at, brace.at));
    if (isValue || isPattern) return;
    if (kind === "{a,b}" || /^\{-?\w+\.\.-?\w+(\.\.-?\d+)?\}$/.test(text)) this.#find(kind, text, brace.at);
  }

  #escape(): void {
    const isJoint = this.#text.charAt(this.#at + 1) === "\n";
    if (!isJoint) this.#quotedPart();
    this.#at += 2;
  }

  /** The word goes on with something that is no plain text. */
  #quotedPart(): void {
    this.#frame.start ??= this.#at;
    this.#frame.isPlain = false;
  }

  #open(type: ShellFrame["type"], length = 1, more: Partial<ShellFrame> = {}): void {
    const { isQuoted, type: outer } = this.#frame;
    this.#quotedPart();
    this.#at += length;
    const isInQuotes = type === "${" && (isQuoted || outer === '"');
    this.#frames.push({ ...frameOf(type), isQuoted: isInQuotes, ...more });
  }

  #close(): void {
    this.#endWord(1);
    this.#frames.pop();
  }

  #single(from: number): void {
    this.#quotedPart();
    const end = this.#text.indexOf("'", from);
    this.#isLost = end === -1;
    this.#at = end + 1;
  }

  #dollar(isQuoted: boolean): void {
    if (this.#next("$((")) return this.#arithmetic();
    if (this.#next("$(")) return this.#open("(", 2);
    if (this.#next("${")) {
      BASH_PARAMETER.lastIndex = this.#at;
      const found = BASH_PARAMETER.exec(this.#text);
      if (found !== null) this.#find("${…}", `${found[0]}…}`);
      return this.#open("${", 2);
    }
    if (!isQuoted && this.#next("$'")) return this.#ansi();
    this.#frame.start ??= this.#at;
    this.#at += 1;
  }

  /** `$'…'`, with escapes. */
  #ansi(): void {
    this.#find("$'…'", "$'");
    this.#quotedPart();
    for (this.#at += 2; this.#at < this.#text.length && !this.#next("'"); )
      this.#at += this.#next("\\") ? 2 : 1;
    this.#isLost = this.#at >= this.#text.length;
    this.#at += 1;
  }

  #arithmetic(): void {
    this.#quotedPart();
    let depth = 2;
    for (this.#at += 3; depth > 0 && this.#at < this.#text.length; this.#at += 1) {
      if (this.#next("(")) depth += 1;
      if (this.#next(")")) depth -= 1;
    }
    this.#isLost = depth > 0;
  }

  #line(): void {
    this.#endWord(1);
    this.#endCommand();
    for (const one of this.#documents.splice(0)) this.#at = afterDocument(this.#text, this.#at, one);
  }

  #skipTo(offset: number): void {
    this.#at = offset === -1 ? this.#text.length : offset;
  }

  #operator(sign: string): void {
    this.#endWord();
    const [second, third] = [this.#text.charAt(this.#at + 1), this.#text.charAt(this.#at + 2)];
    if (sign === "&" && second === ">") {
      const text = third === ">" ? "&>>" : "&>";
      this.#find("&>", text);
      this.#frame.isFile = true;
      this.#at += text.length;
      return;
    }
    if (sign === "|" && second === "&") this.#find("|&", "|&");
    const frame = this.#frame;
    if (sign === ";" && (second === ";" || second === "&")) frame.isPattern = frame.type === "case";
    this.#at += second === sign || (sign !== "&" && second === "&") ? 2 : 1;
    this.#endCommand();
  }

  #parenthesis(): void {
    const frame = this.#frame;
    const word = this.#text.slice(frame.start ?? this.#at, this.#at);
    if (frame.isPattern) return this.#endWord(1);
    if (frame.start !== null && ASSIGNMENT.test(word) && word.endsWith("=")) {
      this.#find("NAME=(…)", `${word}(`, frame.start);
      return this.#open("(", 1, { isArray: true, isCommand: false });
    }
    const definition = /\([ \t]*\)/y;
    definition.lastIndex = this.#at;
    if (definition.test(this.#text)) {
      frame.start = null;
      this.#at = definition.lastIndex;
      return this.#endCommand();
    }
    ARITHMETIC.lastIndex = this.#at;
    if ((frame.isCommand && ARITHMETIC.test(this.#text)) || (frame.command === "for" && this.#next("(("))) {
      this.#find("((", "((");
      this.#isLost = !this.#text.includes("))", this.#at);
      this.#skipTo(this.#text.indexOf("))", this.#at) + 2);
      frame.isCommand = false;
      return;
    }
    this.#endWord();
    this.#open("(");
  }

  #closeParenthesis(): void {
    const frame = this.#frame;
    if (frame.type === "(") return this.#close();
    this.#endWord(1);
    frame.isPattern = false;
    this.#endCommand();
  }

  #redirection(sign: string): void {
    const frame = this.#frame;
    const word = this.#text.slice(frame.start ?? this.#at, this.#at);
    if (/^\d+$/.test(word)) frame.start = null;
    else this.#endWord();
    if (this.#next(`${sign}(`)) {
      this.#find("<(…)", `${sign}(…)`);
      return this.#open("(", 2);
    }
    if (this.#next("<<<")) this.#find("<<<", "<<<");
    else if (this.#next("<<")) return this.#document();
    frame.isFile = true;
    this.#at += this.#next("<<<") ? 3 : /[<>&|]/.test(this.#text.charAt(this.#at + 1)) ? 2 : 1;
  }

  #document(): void {
    const found = hereDocumentAt(this.#text, this.#at);
    this.#at += found?.length ?? 2;
    if (found !== null) this.#documents.push(found);
  }

  #endCommand(): void {
    const frame = this.#frame;
    if (frame.command === "case") return;
    frame.isCommand = !frame.isArray && !frame.isPattern;
    frame.command = null;
    frame.isFile = false;
  }

  #endWord(passed = 0): void {
    const frame = this.#frame;
    const { start, isPlain } = frame;
    frame.start = null;
    frame.isPlain = true;
    frame.braces.length = 0;
    if (start !== null) this.#word(frame, { start, text: this.#text.slice(start, this.#at), isPlain });
    this.#at += passed;
  }

  #word(frame: ShellFrame, { start, text, isPlain }: Word): void {
    if (frame.isFile) frame.isFile = false;
    else if (frame.type === "case" && isPlain && text === "esac") this.#endCase(frame);
    else if (frame.isPattern) return;
    else if (frame.isCommand) this.#commandWord(frame, { start, text, isPlain });
    else if (isPlain && text === "==" && frame.command === "[") this.#find("==", text, start);
    else if (isPlain && text === "pipefail" && frame.command === "set") this.#find("pipefail", text, start);
    else if (isPlain && text === "in" && frame.command === "case") {
      frame.isPattern = true;
      frame.command = null;
    }
  }

  #endCase({ isCommand, isPattern }: ShellFrame): void {
    if (!isCommand && !isPattern) return;
    this.#frames.pop();
    this.#frame.isCommand = false;
  }

  #commandWord(frame: ShellFrame, { start, text, isPlain }: Word): void {
    const assigned = ASSIGNMENT.exec(text);
    if (assigned?.[1] !== undefined) this.#find("NAME=(…)", assigned[0], start);
    if (assigned !== null || (isPlain && LEADS.has(text))) return;
    frame.isCommand = false;
    if (!isPlain) return;
    if (text === "case") this.#frames.push({ ...frameOf("case"), isCommand: false, command: "case" });
    else if (text === "[[" || text === "source" || text === "function") this.#find(text, text, start);
    else if (BUILTINS.has(text)) this.#find("builtin", text, start);
    if (text === "[" || text === "test") frame.command = "[";
    else if (text === "set" || text === "for") frame.command = text;
  }
}
