const STARS = "***";
/** Of a value with several lines, each line of this length is hidden too. */
const MIN_LINE_LENGTH = 8;

/** Hides values in what a job wrote. */
export interface Mask {
  /** Of a whole text. */
  readonly text: (text: string) => string;
  /** For bytes that come in pieces: a value split between two pieces is hidden too. */
  readonly stream: (sink: (bytes: Uint8Array) => void) => MaskedStream;
}

/** Passes bytes on; `end` flushes the last few, which may have been the start of a value. */
export interface MaskedStream {
  readonly write: (bytes: Uint8Array) => void;
  readonly end: () => void;
}

/** True for a text in which something may be hidden. */
export function hasHidden(text: string): boolean {
  return text.includes(STARS);
}

/** A mask for some values: verbatim, JSON-escaped and URL-encoded. */
export function maskFor(values: readonly string[]): Mask {
  const hidden = [...new Set(values.flatMap(formsOf))].filter((form) => form !== "");
  if (hidden.length === 0)
    return { text: (text) => text, stream: (sink) => ({ write: sink, end: () => {} }) };
  const inText = patternOf(hidden);
  // Bytes as Latin-1 characters, so that invalid UTF-8 stays as it is.
  const asBytes = hidden.map((form) => Buffer.from(form).toString("latin1"));
  return { text: (text) => text.replace(inText, STARS), stream: (sink) => maskedStream(sink, asBytes) };
}

function formsOf(value: string): string[] {
  const trimmed = value.trim();
  const lines = trimmed.includes("\n")
    ? trimmed.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_LENGTH)
    : [];
  return [
    trimmed,
    ...lines,
    JSON.stringify(trimmed).slice(1, -1),
    encodeURIComponent(trimmed.toWellFormed()),
  ];
}

/** The longest first: of two with the same beginning, the shorter one would leave the rest of the other visible. */
function patternOf(hidden: readonly string[]): RegExp {
  const longestFirst = hidden.toSorted((left, right) => right.length - left.length);
  return new RegExp(
    longestFirst.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g",
  );
}

function maskedStream(sink: (bytes: Uint8Array) => void, hidden: readonly string[]): MaskedStream {
  const pattern = patternOf(hidden);
  let held = "";
  const pass = (text: string): void => {
    if (text !== "") sink(Buffer.from(text.replace(pattern, STARS), "latin1"));
  };
  return {
    write: (bytes) => {
      const text = held + Buffer.from(bytes).toString("latin1");
      const cut = heldFrom(text, { hidden, pattern });
      held = text.slice(cut);
      pass(text.slice(0, cut));
    },
    end: () => {
      pass(held);
      held = "";
    },
  };
}

/** The index from which a text must be held back, as the next piece may complete a value. */
function heldFrom(text: string, { hidden, pattern }: { hidden: readonly string[]; pattern: RegExp }): number {
  let cut = Math.min(...hidden.map((form) => text.length - overlap(text, form)));
  // A complete value that reaches into the part held back is held back as a whole.
  for (const { index, 0: found } of text.matchAll(pattern)) {
    if (index < cut && index + found.length > cut) cut = index;
  }
  return cut;
}

/** The length of the longest end of a text that is a proper beginning of the form. */
function overlap(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}
