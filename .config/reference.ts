import { readFileSync, writeFileSync } from "node:fs";
import { FIELDS } from "../src/intake/fields.ts";
import type { Described } from "../src/intake/keys/field.ts";
import { GROUPS } from "../src/intake/keys/groups.ts";
import { SCHEDULE_KEYS } from "../src/intake/keys/schedule.ts";
import { SWEEP_KEYS } from "../src/intake/keys/sweep.ts";

/** Writes the tables of the README that tell of the keys of a task file, as the keys are declared. */
if (import.meta.main) writeFileSync("README.md", withReference(readFileSync("README.md", "utf8")));

type Row = readonly [key: string, described: Partial<Described>];

/** The README with its tables of keys as these are declared here; each is found by the first cell of its head. */
export function withReference(readme: string): string {
  const groups = [...new Set(Object.keys(FIELDS).flatMap((key) => key.match(/^\w+(?=\.)/) ?? []))];
  const tables = [
    table("Key of a task", [...topRows(), ...Object.entries(SWEEP_KEYS).map(brief)]),
    table("Key of a sweep", Object.entries(SWEEP_KEYS)),
    table("Key of a schedule", Object.entries(SCHEDULE_KEYS)),
    ...groups.map((group) => table(`Key of \`${group}\``, rowsIn(`${group}.`))),
  ];
  return tables.reduce(
    (text, { head, lines }) =>
      text.replace(new RegExp(`^\\| ${head} .*(?:\\n\\|.*)*`, "m"), () => lines.join("\n")),
    readme,
  );
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

function brief([key, { about, flag }]: readonly [string, Described]): Row {
  return [key, { about, more: "see Sweeps", ...(flag !== undefined && { flag }) }];
}

function table(head: string, rows: readonly Row[]): { head: string; lines: string[] } {
  const hasFlags = rows.some(([, { flag }]) => flag !== undefined && flag.name === undefined);
  const hasDefaults = rows.some(([, { without }]) => without !== undefined);
  const cells = [
    [head, ...(hasFlags ? ["Flag"] : []), "Meaning", ...(hasDefaults ? ["Without it"] : [])],
    ...rows.map(([key, one]) => [
      `\`${key}\``,
      ...(hasFlags ? [flagCell(key, one)] : []),
      meaning(one),
      ...(hasDefaults ? [one.without ?? ""] : []),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[], fill: string): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return {
    head,
    lines: [
      line(first, " "),
      line(
        first.map(() => ""),
        "-",
      ),
      ...rest.map((row) => line(row, " ")),
    ],
  };
}

function flagCell(key: string, { flag }: Partial<Described>): string {
  if (flag === undefined) return "";
  return `\`--${(flag.name ?? key).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``;
}

function meaning({ about = "", more }: Partial<Described>): string {
  if (more === undefined) return about;
  return `${about}${/^[A-Z]\w/.test(more) ? "." : ";"} ${more}`;
}
