import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { own } from "../../lib/own.ts";
import { asLines } from "../../lib/printable.ts";
import { closest } from "../../lib/suggest.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { textValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { TEMPLATES } from "../templates.ts";
import { hanging } from "../text/wrap.ts";

const FLAGS = {
  output: {
    value: { ...textValue("FILE", "a file"), completes: "files" },
    short: "o",
    help: "file to write; - for stdout",
  },
  force: { help: "overwrite an existing file" },
} as const;

export const verb = declareVerb({
  operands: [
    {
      name: "TEMPLATE",
      count: "optional",
      help: `one of ${Object.keys(TEMPLATES).join(", ")}; without it, they are listed`,
      offers: Object.entries(TEMPLATES).map(([key, template]) => [key, aboutOf(template)]),
    },
  ],
  flags: FLAGS,
  run: ({ context, flags, operands: [name] }) => {
    if (name !== undefined) return write(context, name, flags);
    const width = Math.max(...Object.keys(TEMPLATES).map(({ length }) => length));
    const lines = Object.entries(TEMPLATES).flatMap(([key, template]) =>
      hanging(`${key.padEnd(width)}  `, aboutOf(template), { columns: context.columns() }),
    );
    context.out(asLines(lines));
    return EXIT.done;
  },
});

/** Its first line, a comment. */
function aboutOf({ text }: (typeof TEMPLATES)[string]): string {
  return text.split("\n", 1)[0]?.replace(/^# /, "") ?? "";
}

function write(context: Context, name: string, flags: FlagValues<typeof FLAGS>): Ended {
  const template = own(TEMPLATES, name);
  if (template === undefined) {
    const near = closest(name, Object.keys(TEMPLATES));
    const hint = near === null ? "`stint init` lists them" : `did you mean "${near}"?`;
    return problem("NOT_FOUND", `Cannot write the template "${name}": there is no such template`, hint);
  }
  if (flags.output === "-") {
    context.out(template.text);
    return EXIT.done;
  }
  const path = resolve(context.cwd, flags.output ?? template.file);
  if (existsSync(path) && flags.force !== true) {
    return problem(
      "ALREADY_EXISTS",
      `Cannot write the template "${name}": ${path} exists`,
      "write another file with -o FILE, or overwrite this one with --force",
    );
  }
  const written = tryFs(`write ${path}`, () => {
    // That of the template itself; a mistyped folder of a user is told.
    if (flags.output === undefined) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, template.text);
  });
  if (!written.ok) return written.error;
  context.out(asLines([path]));
  return EXIT.done;
}
