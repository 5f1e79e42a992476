/** How far a running job is, by a bar or a counter in its output. */
export interface BarProgress {
  /** From 0 to 100; null where it is counted in a few parts only, as one may have just begun or just ended. */
  readonly percent: number | null;
  /** What it does now, such as `epoch 3/10`; empty where it does not say. */
  readonly message: string;
  /** How long that still takes, in ms; null where it does not say. */
  readonly leftMs: number | null;
}

/** What a line of output says. */
export interface LineReading extends BarProgress {
  /** Whether it names an epoch. */
  readonly hasEpoch: boolean;
}

/** Longer lines are data; the bars of tqdm have about 100 characters. */
const MAX_LINE = 600;
/** A counter of fewer parts says little in percent. */
const MIN_PARTS = 10;

/**
 * The bars of programs, as they are in a log. The groups are the percentage `p`, or `n` of `m`, and the time `left`.
 * 1. tqdm, also in Lightning and Hugging Face: `epoch 3:  84%|████▌ | 84/100 [00:35<00:07, 2.35it/s]`
 * 2. Rich in Lightning: `Epoch 3/9 ━━━━ 84/100 0:00:35 • 0:00:07`
 * 3. Rich by itself: `work ━━━━ 84% 0:00:07`
 * 4. Ultralytics: `84% ━━━━ 84/100`
 * 5. Keras 3: `84/100 ━━━━ 7s 450ms/step`; at the end, the time is that taken
 * 6. Keras 2: `84/100 [===>...] - ETA: 7s`
 */
const BARS: readonly RegExp[] = [
  /(?<p>\d{1,3})%\|[^|]{0,300}\| {0,8}[^\s/]{1,20}\/[^\s[]{1,20} \[[\d:]{1,12}<(?<left>[\d:?]{1,12})/,
  /[━╸╺─]{3,200} (?<n>\d{1,12})\/(?<m>\d{1,12}) [\d:]{1,12} • (?<left>[\d:-]{1,12})/,
  /[━╸╺─]{3,200} {1,8}(?<p>\d{1,3})%(?: (?<left>[\d:-]{1,12}))?/,
  /(?<p>\d{1,3})% [━╸╺─]{3,200} (?<n>\d{1,12})\/(?<m>\d{1,12})/,
  /(?<n>\d{1,12})\/(?<m>\d{1,12}) ━{3,200} (?<left>[\d:]{1,12}s?) /,
  /(?<n>\d{1,12})\/(?<m>\d{1,12}) \[[=>.]{3,200}\](?: - ETA: (?<left>[\d:]{1,12}s?))?/,
];

/** `Epoch 3/10`, `Epoch [3/10]`, `epoch: 3`. */
const EPOCH =
  /\bepochs?\b[\s:=#]{0,4}[[(]?\s{0,8}(?<n>\d{1,9})(?!\.?\d)(?:\s{0,4}(?:\/|of)\s{0,4}(?<m>\d{1,9})(?!\.?\d))?/i;

/** `step 100/1000`, `Batch [3/10]`, `iteration 3 of 10`. */
const COUNTER =
  /\b(?<what>step|iter|iteration|batch|sample|example|chunk|shard|file|image|fold|trial|round|task|item|part)s?\b[\s:=#]{0,4}[[(]?\s{0,8}(?<n>\d{1,9})\s{0,4}(?:\/|of)\s{0,4}(?<m>\d{1,9})(?!\.?\d)/i;

/** `[3/10]`, `[51200/60000 (85%)]`. */
const BRACKET = /\[\s{0,8}(?<n>\d{1,9})\s{0,4}\/\s{0,4}(?<m>\d{1,9})(?:\s{1,4}\(\d{1,3}%\))?\]/;

/** The progress bar in a line; null where it has none. */
export function barIn(line: string): LineReading | null {
  if (line.length > MAX_LINE) return null;
  for (const pattern of BARS) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const { p, n, m, left } = found.groups ?? {};
    const percent = p === undefined ? share(n, m) : Number(p);
    if (percent === null || percent > 100) continue;
    const message = messageOf(line.slice(0, found.index));
    const leftMs = percent === 100 ? 0 : timeOf(left);
    return { percent, leftMs, ...message };
  }
  return null;
}

/** The counter in a line, such as `step 100/1000`; null where it has none. */
export function counterIn(line: string): LineReading | null {
  if (line.length > MAX_LINE) return null;
  const epoch = EPOCH.exec(line);
  const counter = COUNTER.exec(line);
  const { n, m, what } = counter?.groups ?? BRACKET.exec(line)?.groups ?? {};
  const inner = share(n, m);
  const outer = share(epoch?.groups?.["n"], epoch?.groups?.["m"]);
  // In `Epoch [3/10]` both are the same one.
  const isInner = inner !== null && (counter !== null || outer === null);
  if (inner === null && outer === null) return null;
  const percent = isInner && Number(m) >= MIN_PARTS ? inner : null;
  const parts = [
    epoch === null ? "" : epochText(epoch.groups),
    isInner && what !== undefined ? `${what.toLowerCase()} ${n}/${m}` : "",
    isInner && what === undefined && epoch === null ? `${n}/${m}` : "",
  ];
  const message = parts.filter((part) => part !== "").join(", ");
  return { percent, leftMs: null, message, hasEpoch: epoch !== null };
}

/** The epoch that a line names with their number, as the heads of Keras do; null where it names none. */
export function epochIn(line: string): string | null {
  const found = line.length > MAX_LINE ? null : EPOCH.exec(line);
  return found?.groups?.["m"] === undefined ? null : epochText(found.groups);
}

function epochText({ n, m }: Readonly<Record<string, string>> = {}): string {
  return m === undefined ? `epoch ${n}` : `epoch ${n}/${m}`;
}

/** What stands before a bar, as a program names it. */
function messageOf(before: string): { message: string; hasEpoch: boolean } {
  const message = before
    .trim()
    .replace(/[\s:|-]{1,8}$/, "")
    .replace(/^Epoch\b/, "epoch");
  return { message, hasEpoch: EPOCH.test(message) };
}

/** `n` of `m` in percent, rounded down; null where they are none. */
function share(n: string | undefined, m: string | undefined): number | null {
  if (n === undefined || m === undefined) return null;
  const [done, all] = [Number(n), Number(m)];
  return all < 1 || done > all ? null : Math.floor((done / all) * 100);
}

/** `7s`, `0:07` or `1:02:03` in ms; null where it is unknown. */
function timeOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,6}(?::\d\d){0,2}s?$/.test(text)) return null;
  return (
    text
      .replace("s", "")
      .split(":")
      .reduce((total, part) => total * 60 + Number(part), 0) * 1_000
  );
}
