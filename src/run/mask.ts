const STARS = "***";
/** Of a value with several lines, also each of its lines is hidden from here on. */
const MIN_LINE_LENGTH = 8;

/** Hides values in what a job wrote. */
export interface Mask {
  /** Of a whole text. */
  readonly text: (text: string) => string;
  /** Of bytes that come in pieces: a value that is cut in two is hidden too. */
  readonly stream: (sink: (bytes: Uint8Array) => void) => MaskedStream;
}

/** Takes bytes and passes them on; the last few, which may be the start of a value, with `end`. */
export interface MaskedStream {
  readonly write: (bytes: Uint8Array) => void;
  readonly end: () => void;
}

/** A mask for some values, as they are, and as JSON and addresses write them. */
export function maskFor(values: readonly string[]): Mask {
  const hidden = [...new Set(values.flatMap(formsOf))].filter((form) => form !== "");
  if (hidden.length === 0) {
    return { text: (text) => text, stream: (sink) => ({ write: sink, end: () => {} }) };
  }
  const inText = patternOf(hidden);
  // Bytes as signs of Latin-1, so that nothing which is no UTF-8 is changed.
  const asBytes = hidden.map((form) => Buffer.from(form).toString("latin1"));
  return {
    text: (text) => text.replace(inText, STARS),
    stream: (sink) => maskedStream(sink, asBytes),
  };
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

/** The longest first: of two that begin alike, the shorter one would leave the rest of the other in sight. */
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

/** From where a text must be kept back, as what follows may complete a value. */
function heldFrom(text: string, { hidden, pattern }: { hidden: readonly string[]; pattern: RegExp }): number {
  let cut = Math.min(...hidden.map((form) => text.length - overlap(text, form)));
  // A value that is there already, and reaches into what is kept back, is not cut either.
  for (const { index, 0: found } of text.matchAll(pattern)) {
    if (index < cut && index + found.length > cut) cut = index;
  }
  return cut;
}

/** How much of the end of a text is a beginning of the form, and less than all of it. */
function overlap(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}
