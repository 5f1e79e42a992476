import { lineDiff } from "../../lib/line-diff.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Definition, definitionNamed } from "../../model/definition.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { definitionNames, readDefinition, removeDefinition, versionsOf } from "../../store/definitions.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { declareSubcommand, type VerbGroup } from "../command-line/declare.ts";
import { inHome } from "../in-home.ts";
import { jsonText } from "../text/json.ts";
import { renderTable } from "../text/table.ts";

const NAMES = {
  name: "NAME",
  count: "some",
  help: "definitions, with @VERSION for one version",
  completes: "definitions",
} as const;

const ls = declareSubcommand("list definitions with their newest versions", {
  flags: { json: { help: "print JSON" } },
  run: inHome(({ context, flags }, layout) => {
    const all = definitionNames(layout).flatMap((name) => {
      const newest = readDefinition(layout, name, null);
      return newest === null ? [] : [{ ...newest, versions: versionsOf(layout, name) }];
    });
    if (flags.json) context.out(jsonText(all.map(({ text: _text, ...one }) => one)));
    else if (all.length === 0) context.out("No definitions. To make one: stint define FILE\n");
    else {
      const nowMs = context.clock.now();
      const rows = all.map(({ name, version, versions, createdAt, file }) => [
        name,
        `@${version}`,
        `${versions.length}`,
        localTime(createdAt, nowMs),
        file,
      ]);
      const head = ["NAME", "NEWEST", "VERSIONS", "DEFINED", "FILE"];
      context.out(renderTable([head, ...rows], { columns: context.columns(), shrinks: 4 }));
    }
    return EXIT.done;
  }),
});

const show = declareSubcommand("show the text of definitions", {
  operands: [NAMES],
  flags: { json: { help: "print JSON" } },
  run: inHome(({ context, flags, operands }, layout) => {
    for (const typed of operands) {
      const found = find(layout, typed);
      if (!found.ok) return found.error;
      const { name, version, createdAt, createdBy, file, sha256, text } = found.value;
      if (flags.json) context.out(jsonText(found.value));
      else
        context.out(
          asLines([
            `# ${name}@${version}, ${localTime(createdAt, context.clock.now())} by ${createdBy}, from ${file}`,
            `# sha256 ${sha256}`,
            ...text.replace(/\n$/, "").split("\n"),
          ]),
        );
    }
    return EXIT.done;
  }),
});

const diff = declareSubcommand("show what differs between two versions", {
  operands: [
    { name: "NAME", count: "one", help: "the earlier version: train@1", completes: "definitions" },
    {
      name: "OTHER",
      count: "optional",
      help: "the later one (default: the newest of that name)",
      completes: "definitions",
    },
  ],
  flags: {},
  run: inHome(({ context, operands: [one = "", other] }, layout) => {
    const first = find(layout, one);
    if (!first.ok) return first.error;
    const second = find(layout, other ?? first.value.name);
    if (!second.ok) return second.error;
    const lines = lineDiff(first.value.text, second.value.text);
    const [from, to] = [first.value, second.value].map(({ name, version }) => `${name}@${version}`);
    if (lines.every((line) => line.startsWith(" ")))
      context.err(`stint: ${from} and ${to} have the same text\n`);
    else context.out(asLines([`--- ${from}`, `+++ ${to}`, ...lines]));
    return EXIT.done;
  }),
});

const rm = declareSubcommand("remove definitions, or single versions; their tasks stay", {
  operands: [NAMES],
  flags: {},
  run: inHome(({ context, operands }, layout) => {
    for (const typed of operands) {
      const found = find(layout, typed);
      if (!found.ok) return found.error;
      const { name } = found.value;
      const version = definitionNamed(typed)?.version ?? null;
      const removed = tryFs(`remove the definition "${typed}"`, () =>
        removeDefinition(layout, name, version),
      );
      if (!removed.ok) return removed.error;
      context.out(asLines([`${typed}: removed`]));
    }
    return EXIT.done;
  }),
});

export const verb: VerbGroup = {
  fallback: "ls",
  subcommands: { ls, show, diff, rm },
  aliases: { list: "ls", cat: "show", remove: "rm", delete: "rm", describe: "show", info: "show" },
  grave: ["rm"],
  notes: "A definition is a task file that never changes: stint define FILE makes its next version.",
};

function find(layout: Layout, typed: string): Result<Definition, Problem> {
  const named = definitionNamed(typed);
  const read = named === null ? null : readDefinition(layout, named.name, named.version);
  if (read !== null) return ok(read);
  const versions = named === null ? [] : versionsOf(layout, named.name);
  const hint =
    versions.length === 0
      ? "list them: stint definitions ls"
      : `its versions: ${versions.map((version) => `@${version}`).join(", ")}`;
  return err(problem("NOT_FOUND", `No definition named "${typed}"`, hint));
}
