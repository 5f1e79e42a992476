import { wrapped } from "../text/wrap.ts";
import { COMMON_FLAGS, type Flag, type Flags, type Verb, type VerbGroup, visible } from "./declare.ts";
import { long, usageLine } from "./usage.ts";

/** A name and what it means, under a heading. */
interface Row {
  readonly heading: string;
  readonly name: string;
  readonly meaning: string;
}

export interface OverviewVerb {
  readonly summary: string;
  readonly group: string;
  readonly hidden?: true;
}

/** Wider lines are hard to read. */
const MAX_COLUMNS = 100;
/** The meaning of a longer name begins on the next line. */
const MAX_NAME = 27;

/** What the help of a verb and of a group have in common. */
interface About {
  readonly summary: string;
  readonly aliases: readonly string[];
  readonly columns: number;
}

export function verbHelp(name: string, verb: Verb, { summary, aliases, columns }: About): string {
  const operands = (verb.operands ?? []).map(({ name: called, help }) => ({
    heading: "",
    name: called,
    meaning: help,
  }));
  return page([`Usage: ${usageLine(name, verb)}`, ...headOf(summary, aliases)], {
    rows: [...operands, ...flagRows(verb.flags, "Flags"), ...flagRows(COMMON_FLAGS, "Common flags")],
    notes: verb.notes === undefined ? [] : [verb.notes],
    columns,
  });
}

export function groupHelp(name: string, group: VerbGroup, { summary, aliases, columns }: About): string {
  const rows = visible(group.subcommands).map(([called, subcommand]) => ({
    heading: "Subcommands",
    name: called,
    meaning: `${subcommand.summary}${called === group.fallback ? " (the default)" : ""}`,
  }));
  const usage = group.fallback === undefined ? "SUBCOMMAND" : "[SUBCOMMAND]";
  return page([`Usage: stint ${name} ${usage} …`, ...headOf(summary, aliases)], {
    rows: [...rows, ...flagRows(COMMON_FLAGS, "Common flags")],
    notes: [
      ...(group.notes === undefined ? [] : [group.notes]),
      `More on each: stint ${name} SUBCOMMAND --help`,
    ],
    columns,
  });
}

function headOf(summary: string, aliases: readonly string[]): string[] {
  return [sentence(summary), ...(aliases.length === 0 ? [] : [`Also called: ${aliases.join(", ")}`])];
}

/** The help of the program: all verbs, in their groups, and the topics. */
export function overview(
  verbs: Readonly<Record<string, OverviewVerb>>,
  { columns, topics }: { readonly columns: number; readonly topics: readonly string[] },
): string {
  const rows = visible(verbs).map(([name, { group, summary }]) => ({
    heading: group,
    name,
    meaning: summary,
  }));
  const { home, help, version } = COMMON_FLAGS;
  const flags: Flags = { home, help, version: { help: version.help, short: version.short } };
  return page(
    ["Usage: stint VERB …", "A job queue in a folder: runs tasks on this machine and records every attempt."],
    {
      rows: [...rows, ...flagRows(flags, "Common flags")],
      notes: [
        `Topics: ${topics.join(", ")}`,
        "More on a verb, a topic or a code: stint help WORD\n`stint` alone lists the queue.",
      ],
      columns,
    },
  );
}

function flagRows(flags: Flags, heading: string): Row[] {
  return visible(flags).map(([key, flag]) => ({
    heading: flag.group ?? heading,
    name: spelling(key, flag),
    meaning: meaningOf(flag),
  }));
}

/** `-n, --tail N`; without a letter, its place is blank. */
function spelling(key: string, { short, value, repeats }: Flag): string {
  const letter = short === undefined ? "    " : `-${short}, `;
  const placeholder = value === undefined ? "" : ` ${value.placeholder}${repeats ? "…" : ""}`;
  return `${letter}${long(key)}${placeholder}`;
}

function meaningOf({ help, aliases = [], default: standing }: Flag): string {
  const also = aliases.length === 0 ? "" : `; also ${aliases.map((alias) => `--${alias}`).join(", ")}`;
  return `${help}${also}${standing === undefined ? "" : ` (default: ${standing})`}`;
}

function page(
  head: readonly string[],
  of: { readonly rows: readonly Row[]; readonly notes: readonly string[]; readonly columns: number },
): string {
  const columns = Math.min(of.columns, MAX_COLUMNS);
  const width = Math.min(MAX_NAME, Math.max(...of.rows.map(({ name }) => name.length)));
  const headings = [...new Set(of.rows.map(({ heading }) => heading))];
  const sections = headings.map((heading) => {
    const rows = of.rows.filter((row) => row.heading === heading);
    const title = heading === "" ? [] : [`${heading}:`];
    return [...title, ...rows.flatMap((row) => rowLines(row, { width, columns }))].join("\n");
  });
  const paragraph = (text: string): string =>
    text
      .split("\n")
      // An example is not wrapped.
      .flatMap((line) => (line.startsWith(" ") ? [line] : wrapped(line, columns)))
      .join("\n");
  return `${[...head.map(paragraph), ...sections, ...of.notes.map(paragraph)].join("\n\n")}\n`;
}

function rowLines(
  { name, meaning }: Row,
  { width, columns }: { readonly width: number; readonly columns: number },
): string[] {
  const indent = 2 + width + 2;
  const lines = wrapped(meaning, columns - indent);
  const blank = " ".repeat(indent);
  if (name.length > width) return [`  ${name}`, ...lines.map((line) => `${blank}${line}`)];
  const [first = "", ...rest] = lines;
  return [`  ${name.padEnd(width)}  ${first}`, ...rest.map((line) => `${blank}${line}`)];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
