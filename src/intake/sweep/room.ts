import { formatBytes } from "../../lib/bytes.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { type Fault, fault } from "../fault.ts";
import type { Span, Value } from "../value.ts";

/** What the tasks of one file may take in their records: a large sweep with a large script would fill the disk. */
const MAX_CHARACTERS = 256 * 1_024 * 1_024;

/** The room that one file has for the tasks that it makes. */
export class Room {
  #characters = MAX_CHARACTERS;
  #tasks = MAX_GROUP_SIZE;

  /** Takes room for some tasks of a size; the fault says what they come to where there is too little. */
  take(
    span: Span,
    { tasks, characters }: { readonly tasks: number; readonly characters: number },
  ): Fault | null {
    this.#tasks -= tasks;
    this.#characters -= characters;
    if (this.#tasks < 0) {
      const message = `the file makes more than ${MAX_GROUP_SIZE} tasks, wanted at most so many`;
      return fault(span, message, "split it into several files");
    }
    if (this.#characters >= 0) return null;
    const message = `the records of the tasks would take more than ${formatBytes(MAX_CHARACTERS)}, wanted at most so much`;
    return fault(span, message, "put what is the same for all into a file that each of them reads");
  }
}

/** How much of a record a value takes. */
export function charactersIn(value: Value): number {
  switch (value.type) {
    case "scalar":
      return value.text.length;
    case "list":
      return value.items.reduce((sum, item) => sum + charactersIn(item), 0);
    case "mapping":
      return value.entries.reduce((sum, entry) => sum + entry.key.length + charactersIn(entry.value), 0);
  }
}
