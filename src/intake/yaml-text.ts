import { isScalar, Lexer, parseAllDocuments, type YAMLError } from "yaml";
import { formatBytes } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault, type Source } from "./fault.ts";
import { contentFaults, type SyntaxError, syntaxFaults } from "./slips/repair.ts";
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
  return made.ok ? made : err(diagnose(source, contentFaults(source.text, made.error)));
}

/** Reads every YAML document of a text, except empty ones. An error where the text cannot be parsed at all. */
export function readYaml(text: string): Result<Documents, Fault[]> {
  const unfit = unfitness(text);
  if (unfit !== null) return err([unfit]);
  const parsed = parse(text);
  if (!parsed.ok) return err([parsed.error]);
  const errors = syntaxErrors(parsed.value, text);
  const tooDeep = errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
  if (tooDeep !== undefined) return err([fault(tooDeep, "the document is nested too deeply")]);
  const faults = errors.length === 0 ? [] : syntaxFaults(text, errors, { errorsIn, faultOf });
  const shared = { budget: newBudget(), anchors: new Map<string, string>(), text };
  const values: Value[] = [];
  for (const document of "empty" in parsed.value ? [] : parsed.value) {
    // Faults in the contents of a broken document would be noise.
    const isBroken = document.errors.length + document.warnings.length > 0;
    if (isBroken || isEmpty(document.contents)) continue;
    const value = documentValue(document.contents, shared);
    if (value.ok) values.push(value.value);
    else faults.push(...value.error);
  }
  return ok({ values, faults });
}

type Parsed = ReturnType<typeof parseAllDocuments>;

function parse(text: string): Result<Parsed, Fault> {
  try {
    // The library compares all pairs of keys, which takes minutes for thousands; duplicates are found in yaml-value.ts.
    const options = { prettyErrors: false, uniqueKeys: false, resolveKnownTags: false } as const;
    return ok(parseAllDocuments(text, { ...options, logLevel: "silent" }));
  } catch (error) {
    const why = error instanceof Error ? error.message : "no reason";
    return err(fault({ start: 0, end: 1 }, `the text cannot be read as YAML: ${why}`));
  }
}

function errorsIn(text: string): SyntaxError[] {
  const parsed = parse(text);
  return parsed.ok ? syntaxErrors(parsed.value, text) : [];
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

function unfitness(text: string): Fault | null {
  const bytes = Buffer.byteLength(text);
  const start = { start: 0, end: 1 };
  if (bytes > MAX_TEXT_BYTES)
    return fault(start, `the text is larger than ${formatBytes(MAX_TEXT_BYTES)} (${bytes} bytes)`);
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
      const message = `the file has more than ${MAX_LEXEMES} words and signs, which is too much for one file`;
      return fault(start, message, "split it into several files");
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
  TAB_AS_INDENT: "indent with spaces",
  BAD_SCALAR_START: "put quotes around the value",
  BAD_DQ_ESCAPE: "use single quotes, or double the backslash",
  MISSING_CHAR: "look for a quote or a bracket that is not closed",
  BAD_INDENT: "look for a bracket that is not closed, or for lines that are not indented alike",
};

function syntaxErrors(parsed: Parsed, text: string): SyntaxError[] {
  const lastStart = text.trimEnd().length;
  const documents = "empty" in parsed ? [parsed] : parsed;
  return documents
    .flatMap(({ errors, warnings }): YAMLError[] => [...errors, ...warnings])
    .map(({ pos, code, message }) => {
      // What is missing at the end is reported at the last text, not on an empty line after it.
      const start = Math.min(pos[0], lastStart);
      return { start, end: Math.max(pos[1], start + 1), code, message };
    })
    .toSorted((left, right) => left.start - right.start);
}

function faultOf({ start, end, code, message }: SyntaxError): Fault {
  const hint = SYNTAX_HINTS[code as YAMLError["code"]];
  return fault({ start, end }, `not valid YAML: ${phrased(code, message)}`, hint);
}

function phrased(code: string, message: string): string {
  if (code === "BLOCK_AS_IMPLICIT_KEY") return "a mapping begins in the middle of a value";
  const closed = message.replace(/(["'])quote$/, "quote ($1)");
  return closed.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
