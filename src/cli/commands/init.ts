import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { own } from "../../lib/own.ts";
import { asLines } from "../../lib/printable.ts";
import { closest } from "../../lib/suggest.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { TEMPLATES } from "../templates.ts";
import { renderTable } from "../text/table.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags {
  readonly output?: string;
  readonly force?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  const write = (name: string, flags: Flags): Ended => {
    const template = own(TEMPLATES, name);
    if (template === undefined) {
      const near = closest(name, Object.keys(TEMPLATES));
      const hint = near === null ? "`stint init` lists them" : `did you mean "${near}"?`;
      return problem("NOT_FOUND", `Cannot write the template "${name}": there is none of that name`, hint);
    }
    if (flags.output === "-") {
      context.out(template.text);
      return EXIT.done;
    }
    const path = resolve(context.cwd, flags.output ?? template.file);
    if (existsSync(path) && flags.force !== true) {
      return problem(
        "WRITE_FAILED",
        `Cannot write the template "${name}": ${path} is there already`,
        "write it elsewhere with -o FILE, or over it with --force",
      );
    }
    const written = tryFs(`write ${path}`, () => writeFileSync(path, template.text));
    if (!written.ok) return written.error;
    context.out(asLines([path]));
    return EXIT.done;
  };
  command
    .argument("[template]", Object.keys(TEMPLATES).join(", "))
    .option("-o, --output <file>", "where to write it; - for stdout")
    .option("--force", "over a file that is there")
    .action((name: string | undefined, flags: Flags) => {
      if (name !== undefined) return end(write(name, flags));
      const rows = Object.entries(TEMPLATES).map(([key, { text }]) => [
        key,
        text.split("\n", 1)[0]?.replace(/^# /, "") ?? "",
      ]);
      context.out(renderTable(rows, { columns: context.columns() }));
      end(EXIT.done);
    });
}
