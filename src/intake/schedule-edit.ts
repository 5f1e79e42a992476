import { parseDocument } from "yaml";
import { readYaml } from "./yaml-text.ts";

/** Sets `paused:` in the text of a schedule, which must be valid; keeps its comments and order. */
export function withPaused(fileText: string, isPaused: boolean): string {
  const [value] = entriesOf(fileText);
  if (value !== undefined) {
    const { start, end } = value.value.span;
    const edited = `${fileText.slice(0, start)}${isPaused}${fileText.slice(end)}`;
    if (pausedIn(edited) === isPaused) return edited;
  }
  if (value === undefined) {
    const edited = `${fileText}${fileText.endsWith("\n") ? "" : "\n"}paused: ${isPaused}\n`;
    if (pausedIn(edited) === isPaused) return edited;
  }
  // A flow mapping, or more text after the document: the library rewrites the text.
  const document = parseDocument(fileText);
  document.set("paused", isPaused);
  return document.toString({ lineWidth: 0 });
}

function entriesOf(fileText: string) {
  const read = readYaml(fileText);
  const [first] = read.ok && read.value.faults.length === 0 ? read.value.values : [];
  return first?.type === "mapping" ? first.entries.filter(({ key }) => key === "paused") : [];
}

/** What `paused:` says in the text of a schedule; null where it says nothing, or the text cannot be read. */
export function pausedIn(fileText: string): boolean | null {
  const [entry, second] = entriesOf(fileText);
  const isOne = entry?.value.type === "scalar" && second === undefined;
  return isOne && typeof entry.value.data === "boolean" ? entry.value.data : null;
}
