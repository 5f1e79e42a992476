import { asLines, oneLine } from "../../lib/printable.ts";
import { numberText } from "./cells.ts";

/** A line of a plot: where its dot is, and how far its whiskers reach to either side. */
export interface Point {
  readonly label: string;
  /** The value as text. */
  readonly text: string;
  /** Null where there is nothing to plot. */
  readonly at: number | null;
  readonly spread: number;
}

/** The width of a plot in a file or a pipe. */
const DEFAULT_WIDTH = 80;
const MAX_PLOT = 60;
const MIN_PLOT = 10;
/** The labels have at most this share of the width. */
const LABEL_SHARE = 0.4;

/** A dot for each value on one scale, which does not begin at 0: differences of a few percent are what is looked for. */
export function dotPlot(title: string, points: readonly Point[], columns: number): string {
  const width = Number.isFinite(columns) ? columns : DEFAULT_WIDTH;
  const labels = points.map(({ label }) => shortened(oneLine(label), Math.floor(width * LABEL_SHARE)));
  const labelWidth = widest(labels);
  const textWidth = widest(points.map(({ text }) => text));
  const room = Math.max(MIN_PLOT, Math.min(MAX_PLOT, width - labelWidth - textWidth - 4));
  const ends = points.flatMap(({ at, spread }) => (at === null ? [] : [at - spread, at + spread]));
  const least = ends.reduce((low, end) => Math.min(low, end), Number.POSITIVE_INFINITY);
  const most = ends.reduce((high, end) => Math.max(high, end), Number.NEGATIVE_INFINITY);
  const column = (value: number): number =>
    most > least ? Math.round(((value - least) / (most - least)) * (room - 1)) : Math.floor(room / 2);
  const lines = points.map(({ text, at, spread }, index) => {
    const dots = at === null ? "" : drawn(column(at - spread), column(at), column(at + spread));
    return `${padded(labels[index] ?? "", labelWidth)}  ${padded(text, textWidth)}  ${dots}`.trimEnd();
  });
  const before = " ".repeat(labelWidth + textWidth + 4);
  if (ends.length === 0) return asLines([title, ...lines]);
  const [from, to] = [numberText(least), numberText(most)];
  const axis =
    most > least
      ? `${from}${" ".repeat(Math.max(1, room - from.length - to.length))}${to}`
      : from.padStart(column(least) + 1);
  return asLines([`${before}${title}`, ...lines, `${before}${axis}`]);
}

/** `├──●─┤`: at one column for each end and the dot. */
function drawn(from: number, dot: number, to: number): string {
  const cells: string[] = Array.from({ length: to + 1 }, (_, index) => (index < from ? " " : "─"));
  if (from < dot) cells[from] = "├";
  if (to > dot) cells[to] = "┤";
  cells[dot] = "●";
  return cells.join("");
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, Bun.stringWidth(text)), 0);
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}

function shortened(text: string, width: number): string {
  return Bun.stringWidth(text) <= width ? text : `${Bun.sliceAnsi(text, 0, Math.max(0, width - 1))}…`;
}
