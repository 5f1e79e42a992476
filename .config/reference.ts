import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { retriesByDefault } from "../src/cli/help/retries.ts";
import { FIELDS } from "../src/intake/fields.ts";
import type { Described } from "../src/intake/keys/field.ts";
import { GROUPS } from "../src/intake/keys/groups.ts";
import { SCHEDULE_KEYS } from "../src/intake/keys/schedule.ts";
import { SWEEP_KEYS } from "../src/intake/keys/sweep.ts";
import { ERRORS, EXIT, EXIT_MEANINGS } from "../src/model/errors.ts";
import { className, FAILURE_CODES, failureEntry } from "../src/model/failure.ts";

const PAGES = "templates/help";

/** Writes the tables in the pages of the help, as the keys, the exit codes and the codes of errors and failures are declared. */
if (import.meta.main)
  for (const path of pagePaths()) writeFileSync(path, withReference(readFileSync(path, "utf8")));

/** The pages of all topics. */
export function pagePaths(): string[] {
  const names = readdirSync(PAGES).filter((name) => name.endsWith(".md"));
  return names.toSorted().map((name) => `${PAGES}/${name}`);
}

type Row = readonly [key: string, described: Partial<Described>];

/** A page with its tables as they are declared; each is found by the first cell of its head. */
export function withReference(page: string): string {
  const groups = [...new Set(Object.keys(FIELDS).flatMap((key) => key.match(/^\w+(?=\.)/) ?? []))];
  const tables = [
    table("Key of a task", [...topRows(), ...Object.entries(SWEEP_KEYS).map(brief)]),
    table("Key of a sweep", Object.entries(SWEEP_KEYS)),
    table("Key of a schedule", Object.entries(SCHEDULE_KEYS)),
    ...groups.map((group) => table(`Key of \`${group}\``, rowsIn(`${group}.`))),
    laidOut([["Exit code", "Name", "Meaning"], ...exitRows()]),
    laidOut([["Error code", "Exit code", "Meaning"], ...errorRows()]),
    laidOut([["Failure code", "Class", "Retried", "Meaning"], ...failureRows()]),
  ];
  return tables.reduce(
    (text, { head, lines }) =>
      text.replace(new RegExp(`^\\| ${head} .*(?:\\n\\|.*)*`, "m"), () => lines.join("\n")),
    page,
  );
}

function exitRows(): string[][] {
  return Object.entries(EXIT_MEANINGS).map(([name, means]) => [
    String(EXIT[name as keyof typeof EXIT]),
    name,
    means,
  ]);
}

function errorRows(): string[][] {
  return Object.entries(ERRORS).map(([code, of]) => [code, `${EXIT[of.exit]} ${of.exit}`, of.meaning]);
}

function failureRows(): string[][] {
  return FAILURE_CODES.map((code) => {
    const entry = failureEntry(code);
    return [code, className(entry.class), retriesByDefault(entry), entry.meaning];
  });
}

/** Each key at the top, and each group where its first key is. */
function topRows(): Row[] {
  const seen = new Set<string>();
  return Object.entries(FIELDS).flatMap(([key, field]): Row[] => {
    const [top = ""] = key.split(".");
    if (seen.has(top)) return [];
    seen.add(top);
    return [[top, top === key ? field : (GROUPS[top] ?? {})]];
  });
}

function rowsIn(prefix: string): Row[] {
  return Object.entries(FIELDS).flatMap(([key, field]): Row[] =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), field]] : [],
  );
}

function brief([key, { about }]: readonly [string, Described]): Row {
  return [key, { about, more: "see `stint help sweeps`" }];
}

interface Table {
  readonly head: string;
  readonly lines: readonly string[];
}

function table(head: string, rows: readonly Row[]): Table {
  const hasDefaults = rows.some(([, { without }]) => without !== undefined);
  return laidOut([
    [head, "Meaning", ...(hasDefaults ? ["Default"] : [])],
    ...rows.map(([key, one]) => [`\`${key}\``, meaning(one), ...(hasDefaults ? [one.without ?? ""] : [])]),
  ]);
}

/** Rows, the first of which is the head, as a table of Markdown. */
function laidOut(rows: readonly (readonly string[])[]): Table {
  const [first = [], ...rest] = rows;
  const widths = first.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  const rule = first.map(() => "");
  return {
    head: first[0] ?? "",
    lines: [line(first, " "), line(rule, "-"), ...rest.map((row) => line(row, " "))],
  };
}

function meaning({ about = "", more }: Partial<Described>): string {
  if (more === undefined) return about;
  return `${about}${/^[A-Z]\w/.test(more) ? "." : ";"} ${more}`;
}
