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
  if (name.startsWith(".") || name === VIM_PROBE) return "passing";
  if (name.startsWith("#") && name.endsWith("#")) return "passing";
  if (PASSING_ENDINGS.some((ending) => folded.endsWith(ending))) return "passing";
  return TASK_ENDINGS.some((ending) => folded.endsWith(ending)) ? "task" : "foreign";
}
