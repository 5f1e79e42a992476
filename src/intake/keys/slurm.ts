import { ok } from "../../lib/result.ts";
import { earlySignal, MAX_PATTERN_LENGTH, SIGNAL_PATTERN } from "../../model/slurm.ts";
import { refuse } from "../fault.ts";
import { after, count, reader, text } from "../readers.ts";
import { TEXT, textLike } from "../schema.ts";
import { folder } from "../task-readers.ts";
import { describe } from "../value.ts";
import type { Fields } from "./field.ts";

const at = (key: string): string[] => ["spec", "slurm", key];
const isVerbatim = true;

const logName = reader(
  { ...TEXT, maxLength: MAX_PATTERN_LENGTH },
  after(text, (name, value) =>
    name.length > MAX_PATTERN_LENGTH
      ? refuse(value, `has ${name.length} characters, wanted at most ${MAX_PATTERN_LENGTH}`)
      : ok(name),
  ),
);

const signal = reader(
  textLike(SIGNAL_PATTERN.source, { examples: ["USR1@60", "B:TERM@120"] }),
  after(text, (typed, value) =>
    earlySignal(typed) === null || typed === String(Number(typed))
      ? refuse(value, `is ${describe(value)}, wanted [B:]SIGNAL[@SECONDS], such as USR1@60`)
      : ok(typed),
  ),
);

/** What an sbatch script asks for beside the other keys. With any of them, the job finds Slurm's variables. */
export const SLURM_FIELDS: Fields = {
  "slurm.tasks": {
    read: count(1),
    to: at("tasks"),
    about: "number of tasks, in SLURM_NTASKS",
    more: "stint starts the script once, whatever the number",
    without: "1",
    show: null,
  },
  "slurm.submitDir": {
    read: folder,
    to: at("submitDir"),
    about: "the folder in SLURM_SUBMIT_DIR",
    without: "`cwd`",
    isVerbatim,
    show: null,
  },
  "slurm.output": {
    read: logName,
    to: at("output"),
    about: "a link of this name to the log of the latest attempt",
    more: "`%j %A %a %x %N %u %%` as in sbatch; a relative path starts at `cwd`",
    without: "no link",
    isVerbatim,
    show: (name: string) => `log linked as ${name}`,
  },
  "slurm.error": {
    read: logName,
    to: at("error"),
    about: "the same for stderr",
    more: "with `logs: separate`",
    without: "no link",
    isVerbatim,
    show: (name: string) => `stderr linked as ${name}`,
  },
  "slurm.signal": {
    read: signal,
    to: at("signal"),
    about: "a signal before the timeout: [B:]SIGNAL[@SECONDS], such as USR1@60",
    more: "`B:` for the script alone",
    without: "none",
    isVerbatim,
    show: (of: string) => `signal ${of} before the timeout`,
  },
};
