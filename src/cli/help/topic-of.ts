import { meaningOf } from "../../intake/key-names.ts";
import { own } from "../../lib/own.ts";
import { TOPICS } from "./topics.ts";

/** The topics that tell more of some keys than `task-file` does, by the beginning of the key. */
const OF_KEYS: readonly (readonly [keys: RegExp, topic: string])[] = [
  [/^(slot|admission|unique)$/, "lanes"],
  [/^(after|onParentFailure)/, "dependencies"],
  [/^gpu/, "gpus"],
  [/^container/, "containers"],
  [/^env/, "environment"],
  [/^(priority|hold)$/, "order"],
  [/^(limits|memory$|cpus$)/, "limits"],
  [/^(retry|retries|backoff)/, "retry"],
  [/^notify/, "notify"],
  [/^(datasets|provenance|preflight|snapshot)/, "datasets"],
  [/^(topic|attributes)$/, "events"],
];

/** The topic of a word: its name, its singular, or a key of the task file; null where there is none. */
export function topicOf(word: string): string | null {
  const name = word.toLowerCase();
  const plural = [name, `${name}s`].find((one) => own(TOPICS, one) !== undefined);
  if (plural !== undefined) return plural;
  const meaning = meaningOf(word);
  if (meaning.type === "sweep") return "sweeps";
  if (meaning.type === "schedule") return "schedules";
  if (meaning.type !== "field" && meaning.type !== "group") return null;
  return OF_KEYS.find(([keys]) => keys.test(meaning.key))?.[1] ?? "task-file";
}
