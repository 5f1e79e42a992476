import { readCrontab } from "../../intake/import/crontab.ts";
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

/** One subcommand for each tool whose files are read; the readers are in intake/import/. */
export const verb: VerbGroup = {
  subcommands: { crontab },
  aliases: { cron: "crontab" },
  notes: "An import is shown, and written with --write: all of it or nothing. The source is never changed.",
};
