import { isScalar, Lexer, parseAllDocuments, type YAMLError } from "yaml";
import { formatBytes } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault, type Source } from "./fault.ts";
import { MAX_TEXT_BYTES } from "./task-text.ts";
import type { Value } from "./value.ts";
import { documentValue, newBudget } from "./yaml-value.ts";

/** Lexemes in a file: enough for thousands of tasks, and parsed in about two seconds. */
const MAX_LEXEMES = 500_000;

/** Documents in a file; for more tasks there are sweeps. */
const MAX_DOCUMENTS = 10_000;
/** Placeholders in a file: each is filled for each member of its sweep. */
const MAX_PLACEHOLDERS = 10_000;

/** The valid documents of a text, and the faults of the others. */
export interface Documents {
  readonly values: readonly Value[];
  readonly faults: readonly Fault[];
}

/** Reads the documents of a file, or locates the faults in them. */
export function readFileText<T>(
  { file, text: whole }: Source,
  read: (documents: Documents, text: string) => Result<T, Fault[]>,
): Result<T, Diagnostic[]> {
  const source = { file, text: whole.replace(/^\uFEFF/, "") };
  const documents = readYaml(source.text);
  const made = documents.ok ? read(documents.value, source.text) : documents;
  return made.ok ? made : err(diagnose(source, made.error));
}

/** Reads every YAML document of a text, except empty ones. An error where the text cannot be parsed at all. */
export function readYaml(text: string): Result<Documents, Fault[]> {
  const unfit = unfitness(text);
  if (unfit !== null) return err([unfit]);
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    // The library compares all pairs of keys, which takes minutes for thousands; duplicates are found in yaml-value.ts.
    parsed = parseAllDocuments(text, {
      prettyErrors: false,
      logLevel: "silent",
      uniqueKeys: false,
      resolveKnownTags: false,
    });
  } catch (error) {
    return err([
      fault(
        { start: 0, end: 1 },
        `the text cannot be read as YAML: ${error instanceof Error ? error.message : "no reason"}`,
      ),
    ]);
  }
  if ("empty" in parsed)
    return ok({ values: [], faults: syntaxFaults([...parsed.errors, ...parsed.warnings], text) });
  const budget = newBudget();
  const values: Value[] = [];
  const faults: Fault[] = [];
  for (const document of parsed) {
    const broken = syntaxFaults([...document.errors, ...document.warnings], text);
    faults.push(...broken);
    // Faults in the contents of a broken document would be noise.
    if (broken.length > 0 || isEmpty(document.contents)) continue;
    const value = documentValue(document.contents, budget);
    if (value.ok) values.push(value.value);
    else faults.push(...value.error);
  }
  return ok({ values, faults });
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

function unfitness(text: string): Fault | null {
  const bytes = Buffer.byteLength(text);
  const start = { start: 0, end: 1 };
  if (bytes > MAX_TEXT_BYTES) {
    return fault(start, `the text is larger than ${formatBytes(MAX_TEXT_BYTES)} (${bytes} bytes)`);
  }
  const nul = text.indexOf("\0");
  if (nul !== -1)
    return fault({ start: nul, end: nul + 1 }, "the file contains a NUL character, wanted a text file");
  const many = tooMany(text, { what: "documents", pattern: /^---(?=\s|$)/gm, most: MAX_DOCUMENTS });
  if (many !== null) return many;
  const full = tooMany(text, { what: "placeholders", pattern: /\$\{\{/g, most: MAX_PLACEHOLDERS });
  if (full !== null) return full;
  let lexemes = 0;
  for (const _ of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) {
      return fault(
        start,
        `the file has more than ${MAX_LEXEMES} words and signs, which is too much for one file`,
        "split it into several files",
      );
    }
  }
  return null;
}

/** Counts in the raw text, before it is parsed: three dashes at the beginning of a line always separate documents. */
function tooMany(
  text: string,
  { what, pattern, most }: { readonly what: string; readonly pattern: RegExp; readonly most: number },
): Fault | null {
  let count = 0;
  for (const { index } of text.matchAll(pattern)) {
    count += 1;
    if (count > most) {
      const message = `the file has more than ${most} ${what}, wanted at most this many`;
      return fault({ start: index, end: index + 3 }, message, "split it into several files, or use a sweep");
    }
  }
  return null;
}

/** What to do about errors of the library. */
const SYNTAX_HINTS: Partial<Record<YAMLError["code"], string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    "put quotes around a value that contains `: `, or write it on its own lines after `|`; or indent these lines alike",
  MULTILINE_IMPLICIT_KEY: "look for a missing `:` or for lines that are not indented alike",
  TAB_AS_INDENT: "indent with blanks",
  BAD_SCALAR_START: "put quotes around the value",
  BAD_DQ_ESCAPE: "use single quotes, or double the backslash",
  MISSING_CHAR: "look for a quote or a bracket that is not closed",
  BAD_INDENT: "look for a bracket that is not closed, or for lines that are not indented alike",
};

/** One fault for each line: further errors on it usually follow from the first. */
function syntaxFaults(errors: readonly YAMLError[], text: string): Fault[] {
  const lastStart = text.trimEnd().length;
  const faults: Fault[] = [];
  let lastEnd = -1;
  for (const error of errors.toSorted((left, right) => left.pos[0] - right.pos[0])) {
    // What is missing at the end is reported at the last text, not on an empty line after it.
    const start = Math.min(error.pos[0], lastStart);
    const end = Math.max(error.pos[1], start + 1);
    if (start <= lastEnd) continue;
    lastEnd = end;
    if (error.code === "RESOURCE_EXHAUSTION")
      return [fault({ start, end }, "the document is nested too deeply")];
    // In brackets, YAML reads `${{` as two mappings; the errors after it follow from that.
    if (text.slice(Math.max(0, start - 2), start + 2).includes("${{")) {
      const message = "not valid YAML: a placeholder within {…} or […] opens a mapping";
      return [...faults, fault({ start, end }, message, 'put quotes around it: "${{ … }}"')];
    }
    faults.push(fault({ start, end }, `not valid YAML: ${phrased(error)}`, SYNTAX_HINTS[error.code]));
  }
  return faults;
}

function phrased({ code, message }: YAMLError): string {
  if (code === "BLOCK_AS_IMPLICIT_KEY") return "a mapping begins in the middle of a value";
  const closed = message.replace(/(["'])quote$/, "quote ($1)");
  return closed.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
