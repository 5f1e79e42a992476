import { basename, dirname, extname, resolve } from "node:path";
import { readCrontab } from "../../intake/import/crontab.ts";
import { readDagu } from "../../intake/import/dagu.ts";
import { readPueue } from "../../intake/import/pueue.ts";
import { readTsp } from "../../intake/import/tsp.ts";
import { nameFrom } from "../../model/identity.ts";
import { declareSubcommand, type VerbGroup } from "../command-line/declare.ts";
import { IMPORT_FLAGS, importFiles } from "../import-files.ts";
import { importSource } from "../import-source.ts";

const crontab = declareSubcommand("make a schedule of each line of a crontab", {
  operands: [
    {
      name: "FILE",
      count: "optional",
      help: "the crontab, - for stdin (default: what `crontab -l` prints)",
      completes: "files",
    },
  ],
  flags: {
    system: { help: "the lines name a user, as in /etc/crontab, which is then the default" },
    ...IMPORT_FLAGS,
  },
  notes: "See `stint help import`.",
  run: async ({ context, flags, operands: [file] }) => {
    const isSystem = flags.system === true;
    const named = file ?? (isSystem ? "/etc/crontab" : undefined);
    const source = await importSource(context, named, ["crontab", "-l"]);
    if (!source.ok) return source.error;
    return importFiles(context, flags, {
      source: source.value,
      read: (text, about) => readCrontab(text, { isSystem, context: about }),
    });
  },
});

const dagu = declareSubcommand("make tasks, or a schedule, of a DAG of dagu", {
  operands: [{ name: "FILE", count: "one", help: "the DAG, - for stdin", completes: "files" }],
  flags: IMPORT_FLAGS,
  notes: "See `stint help import`.",
  run: async ({ context, flags, operands: [file = ""] }) => {
    const source = await importSource(context, file, ["dagu"]);
    if (!source.ok) return source.error;
    const isPiped = file === "-";
    const path = resolve(context.cwd, isPiped ? "dag.yaml" : file);
    const of = { folder: dirname(path), name: nameFrom(basename(path, extname(path))) };
    return importFiles(context, flags, {
      source: source.value,
      read: (text, about) => readDagu(text, { context: about, ...of }),
    });
  },
});

const pueue = declareSubcommand("make a task file of what waits in pueue", {
  operands: [
    {
      name: "FILE",
      count: "optional",
      help: "what `pueue status --json` printed, - for stdin (default: calls it)",
      completes: "files",
    },
  ],
  flags: IMPORT_FLAGS,
  notes: "See `stint help import`.",
  run: async ({ context, flags, operands: [file] }) => {
    const source = await importSource(context, file, ["pueue", "status", "--json"]);
    return source.ok ? importFiles(context, flags, { source: source.value, read: readPueue }) : source.error;
  },
});

const tsp = declareSubcommand("make a task file of what waits in task-spooler", {
  operands: [
    {
      name: "FILE",
      count: "optional",
      help: "the list that `tsp` printed, - for stdin (default: calls it)",
      completes: "files",
    },
  ],
  flags: IMPORT_FLAGS,
  notes: "See `stint help import`.",
  run: async ({ context, flags, operands: [file] }) => {
    const source = await importSource(context, file, ["tsp"]);
    return source.ok ? importFiles(context, flags, { source: source.value, read: readTsp }) : source.error;
  },
});

/** One subcommand for each tool whose files are read; the readers are in intake/import/. */
export const verb: VerbGroup = {
  subcommands: { crontab, dagu, pueue, tsp },
  aliases: { cron: "crontab" },
  notes: "An import is shown, and written with --write: all of it or nothing. The source is never changed.",
};
