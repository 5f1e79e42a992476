import { isScriptName } from "../model/script-name.ts";

/** What a file is by its name: tasks in YAML, a script, a temporary file of an editor or a download, or a foreign file. */
type NameKind = "task" | "script" | "passing" | "foreign";

const TASK_ENDINGS = [".yaml", ".yml", ".json"];
/** Partial downloads, and the files that editors write beside the one that is edited. */
const PASSING_ENDINGS = ".swp .swo .swx .tmp .temp .part .partial .crdownload .download ~".split(" ");
/** Vim creates a file of this name to test whether it can write in a folder (`:help backupcopy`). */
const VIM_PROBE = "4913";

/** Classifies a file by its name alone. */
export function kindOfName(name: string): NameKind {
  const folded = name.toLowerCase();
  // Two dots do not mark a hidden file.
  const isHidden = name.startsWith(".") && !(name.startsWith("..") && isTaskName(folded));
  if (isHidden || name === VIM_PROBE) return "passing";
  if (name.startsWith("#") && name.endsWith("#")) return "passing";
  if (PASSING_ENDINGS.some((ending) => folded.endsWith(ending))) return "passing";
  if (isTaskName(folded)) return "task";
  return isScriptName(folded) ? "script" : "foreign";
}

/** True for the name of a file that an inbox takes. */
export function isTaken(name: string): boolean {
  const kind = kindOfName(name);
  return kind === "task" || kind === "script";
}

/** What an inbox takes, for messages. */
export const TAKEN_ENDINGS = ".yaml, .yml, .json, .sh, .bash, .py, .slurm or .sbatch";

function isTaskName(folded: string): boolean {
  return TASK_ENDINGS.some((ending) => folded.endsWith(ending));
}

/** NAME_MAX (255), less room for the prefixes and suffixes that the folders of an inbox add to a name. */
const MAX_NAME_BYTES = 200;

/** An invalid name, with one under which the file can be kept. */
export interface OddName {
  readonly file: string;
  /** A clause. */
  readonly reason: string;
}

/** Checks a name as raw bytes; null where it is valid. */
export function oddName(raw: Uint8Array): OddName | null {
  const name = Buffer.from(raw).toString("utf8");
  const file = shortened(name);
  if (name.includes("\uFFFD") && !Buffer.from(name).equals(raw))
    return { file, reason: "its name is not UTF-8" };
  if (raw.byteLength > MAX_NAME_BYTES)
    return { file, reason: `its name has ${raw.byteLength} bytes, wanted at most ${MAX_NAME_BYTES}` };
  return name.startsWith("..") ? { file, reason: "its name begins with two dots" } : null;
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  // At most four bytes for each character, and room for the ending.
  const characters = Array.from(name);
  return `${characters.slice(0, MAX_NAME_BYTES / 5).join("")}…${characters.slice(-5).join("")}`;
}
