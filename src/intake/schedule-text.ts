import { camelCase } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** Keys that every schedule has one of, and no task. */
const TELLING: ReadonlySet<string> = new Set(["cron", "every", "task"]);

/** True for the text of a schedule file, with or without faults. */
export function isScheduleText(text: string): boolean {
  const documents = readYaml(text);
  const [first] = documents.ok ? documents.value.values : [];
  return first?.type === "mapping" && first.entries.some(({ key }) => TELLING.has(camelCase(key)));
}
