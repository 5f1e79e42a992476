/** What is meant by a text: the text to write, and the hint where `write TEXT` does not say enough. */
export interface Meant {
  readonly text: string;
  readonly hint?: string;
}

/** A longer text is no amount. */
const MAX_LENGTH = 60;

const UNITS = "ms s m h d".split(" ");
/** Words for units, as other tools and people write them; a week has no unit here. */
const WORDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(UNITS.map((unit) => [unit, unit])),
  millisecond: "ms",
  milliseconds: "ms",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  hr: "h",
  hrs: "h",
  hour: "h",
  hours: "h",
  day: "d",
  days: "d",
};
const DAYS_OF_WEEK = 7;
const WEEK = /^w(?:k|ks|eek|eeks)?$/;
const ENDLESS: ReadonlySet<string> = new Set(
  "infinite infinity unlimited none never no off false -1".split(" "),
);

/** The duration that is meant by `2h 30m`, `5 minutes`, `1:30` or `PT1H`; null where nothing is. */
export function meantDuration(typed: string): Meant | null {
  const text = trimmed(typed);
  return inWords(text) ?? onClock(text) ?? inIso(text);
}

/** True for a word of other tools for no limit at all. */
export function isEndless(typed: string): boolean {
  return ENDLESS.has(typed.trim().toLowerCase());
}

/** Without what ends a statement in other languages. */
function trimmed(typed: string): string {
  return typed.length > MAX_LENGTH ? "" : typed.replace(/[;,]$/, "").trim();
}

function inWords(typed: string): Meant | null {
  const text = typed
    .toLowerCase()
    .replace(/^\./, "0.")
    .replace(/(?<=\dh)(\d{1,2})$/, "$1m");
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g)];
  const rest = text.replaceAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g, "");
  if (parts.length === 0 || !/^[ ,]*$/.test(rest.replaceAll("and", ""))) return null;
  let compact = "";
  for (const [, amount = "", word = ""] of parts) {
    const unit = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (unit !== undefined) compact += `${amount}${unit}`;
    else if (WEEK.test(word)) compact += `${Number(amount) * DAYS_OF_WEEK}d`;
    else return null;
  }
  return { text: compact };
}

/** The times of Slurm: `M:S`, `H:M:S`, and `D-H`, `D-H:M`, `D-H:M:S` (sbatch(1), --time). */
function onClock(text: string): Meant | null {
  const match = /^(?:(\d{1,5})-)?(\d{1,5})(?::(\d{1,2}))?(?::(\d{1,2}))?$/.exec(text);
  if (match === null) return null;
  const [, days, first = "0", second, third] = match;
  if (days !== undefined) return joined([days, "d"], [first, "h"], [second, "m"], [third, "s"]);
  if (third !== undefined) return joined([first, "h"], [second, "m"], [third, "s"]);
  if (second === undefined) return null;
  const minutes = joined([first, "m"], [second, "s"]);
  const hours = joined([first, "h"], [second, "m"]);
  if (minutes === null || hours === null) return null;
  return {
    text: minutes.text,
    hint: `write ${minutes.text} for minutes and seconds, or ${hours.text} for hours and minutes`,
  };
}

function inIso(text: string): Meant | null {
  const match = /^P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$/i.exec(text);
  return match === null ? null : joined([match[1], "d"], [match[2], "h"], [match[3], "m"], [match[4], "s"]);
}

function joined(...parts: readonly (readonly [amount: string | undefined, unit: string])[]): Meant | null {
  const said = parts.filter(([amount]) => Number(amount ?? 0) > 0);
  return said.length === 0
    ? null
    : { text: said.map(([amount, unit]) => `${Number(amount)}${unit}`).join("") };
}

const SIZE_WORDS: Readonly<Record<string, string>> = {
  ki: "KiB",
  mi: "MiB",
  gi: "GiB",
  ti: "TiB",
  kilobyte: "KB",
  megabyte: "MB",
  gigabyte: "GB",
  terabyte: "TB",
  gig: "GB",
  meg: "MB",
  byte: "B",
};

/** The size that is meant by `8Gi`, `8 gigabytes` or `8,5GB`; null where nothing is. */
export function meantSize(typed: string): Meant | null {
  const match = /^(\d{1,15})(?:[.,](\d{1,6}))? ?([a-z]{1,10})$/i.exec(trimmed(typed));
  if (match === null) return null;
  const [, whole = "", fraction, word = ""] = match;
  const known = word.toLowerCase().replace(/(?<=.{3})s$/, "");
  const unit = Object.hasOwn(SIZE_WORDS, known)
    ? SIZE_WORDS[known]
    : /^[kmgt]?i?b?$/i.test(word)
      ? word
      : undefined;
  return unit === undefined
    ? null
    : { text: `${whole}${fraction === undefined ? "" : `.${fraction}`}${unit}` };
}

/** Up to here a bare size is meant in gigabytes, and up to there in megabytes, as Slurm reads it. */
const MAX_BARE_GIGABYTES = 256;
const MAX_BARE_MEGABYTES = 4_000_000;

/** The size that is meant by a number without a unit. */
export function sizeWithUnit(number: string): string {
  const amount = Number(number);
  return `${number}${amount <= MAX_BARE_GIGABYTES ? "GB" : amount <= MAX_BARE_MEGABYTES ? "MB" : "B"}`;
}
