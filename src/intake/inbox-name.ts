/** What a name in an inbox promises: a task, an editor's or downloader's work in progress, or something that is not ours. */
export type NameKind = "task" | "passing" | "foreign";

const TASK_ENDINGS = [".yaml", ".yml", ".json"];
/** Partial downloads, and the files that editors write beside the one that is edited. */
const PASSING_ENDINGS = [
  ".swp",
  ".swo",
  ".swx",
  ".tmp",
  ".temp",
  ".part",
  ".partial",
  ".crdownload",
  ".download",
  "~",
];
/** Vim tries whether it can write in a folder with a file of this name (`:help backupcopy`). */
const VIM_PROBE = "4913";

/** Tells by its name alone what a file is. */
export function kindOfName(name: string): NameKind {
  const folded = name.toLowerCase();
  // Two dots are nobody's mark for a file that is not to be seen.
  const isHidden = name.startsWith(".") && !(name.startsWith("..") && isTaskName(folded));
  if (isHidden || name === VIM_PROBE) return "passing";
  if (name.startsWith("#") && name.endsWith("#")) return "passing";
  if (PASSING_ENDINGS.some((ending) => folded.endsWith(ending))) return "passing";
  return isTaskName(folded) ? "task" : "foreign";
}

function isTaskName(folded: string): boolean {
  return TASK_ENDINGS.some((ending) => folded.endsWith(ending));
}

/** Room is left for what is put before and behind a name on the way through the folders of an inbox (NAME_MAX is 255). */
const MAX_NAME_BYTES = 200;

/** A name that no file may have here, with one that it can be kept under. */
export interface OddName {
  readonly file: string;
  /** A clause. */
  readonly reason: string;
}

/** Tells what is wrong with a name as the system has it; null where nothing is. */
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
  // Four bytes at the most for each sign, and room for the ending.
  const signs = Array.from(name);
  return `${signs.slice(0, MAX_NAME_BYTES / 5).join("")}…${signs.slice(-5).join("")}`;
}
