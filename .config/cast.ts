import { readFileSync, writeFileSync } from "node:fs";
import { blocksOf, stepsOf } from "../test/rig/pages.ts";

const COLUMNS = 108;
const CHARACTER = 7.8;
const LINE = 19;
const MARGIN = 18;
const BAR = 30;

/** Seconds for which a command is typed, its output is read, and the whole is shown before it starts again. */
const TYPING = 1;
const READING = 1.6;
const AT_END = 5;

interface Line {
  readonly text: string;
  readonly isCommand: boolean;
  /** Seconds after the start. */
  readonly at: number;
}

/** An animated SVG of what the README's quick start shows. Where nothing is animated, it shows the last screen. */
export function castOf(readme: string): string {
  const [quickStart = ""] = readme.split("\n## Install");
  const steps = blocksOf({ text: quickStart }).flatMap((block) =>
    block.language === "console" ? stepsOf(block) : [],
  );
  const lines: Line[] = [];
  let at = 0.5;
  for (const { command, output } of steps) {
    lines.push({ text: `$ ${command.trimEnd()}`, isCommand: true, at });
    at += TYPING;
    lines.push(...wrapped(output).map((text) => ({ text, isCommand: false, at })));
    at += READING;
  }
  return drawn(lines, at + AT_END);
}

/** As a terminal of this width shows it. */
function wrapped(output: string): string[] {
  return output
    .trimEnd()
    .split("\n")
    .flatMap((line) => line.match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [""]);
}

function drawn(lines: readonly Line[], total: number): string {
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = BAR + lines.length * LINE + MARGIN;
  const share = (seconds: number): string => `${((100 * seconds) / total).toFixed(2)}%`;
  const times = [...new Set(lines.map((line) => line.at))];
  const frames = times.map((at, index) => {
    const before = at === 0 ? "" : `0%,${share(at)}{opacity:0}`;
    return `@keyframes k${index}{${before}${share(at + 0.05)},100%{opacity:1}}.k${index}{animation-name:k${index}}`;
  });
  const texts = lines.map(
    ({ text, isCommand, at }, index) =>
      `<text class="k${times.indexOf(at)}${isCommand ? " c" : ""}" x="${MARGIN}" y="${BAR + (index + 1) * LINE - 5}">${coloured(text)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="stint in a terminal">`,
    `<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#c9d1d9;animation-duration:${total.toFixed(1)}s;animation-iteration-count:infinite}.c{fill:#fff;font-weight:bold}.g{fill:#3fb950}.r{fill:#ff7b72}${frames.join("")}@media(prefers-reduced-motion:reduce){text{animation:none}}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...["#ff5f56", "#ffbd2e", "#27c93f"].map(
      (colour, index) => `<circle cx="${MARGIN + index * 18}" cy="16" r="5" fill="${colour}"/>`,
    ),
    ...texts,
    "</svg>\n",
  ].join("\n");
}

/** States in their colours, as on a terminal. */
function coloured(text: string): string {
  // Blanks in a row would be shown as one.
  const escaped = text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(" ", "\u00a0");
  if (text.startsWith("$ ")) return `<tspan class="g">$</tspan>${escaped.slice(1)}`;
  return escaped
    .replaceAll(/\bcompleted\b/g, '<tspan class="g">completed</tspan>')
    .replaceAll(/\bfailed\b/g, '<tspan class="r">failed</tspan>');
}

/** Writes the picture of a terminal at the top of the README, from the console blocks below it, which a test compares with stint. */
if (import.meta.main) writeFileSync(".github/cast.svg", castOf(readFileSync("README.md", "utf8")));
