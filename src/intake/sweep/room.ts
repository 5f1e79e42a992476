import { formatBytes } from "../../lib/bytes.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { type Fault, fault } from "../fault.ts";
import type { Span, Value } from "../value.ts";

/** The size of all records of one file: a large sweep with a large script would fill the disk. */
const MAX_CHARACTERS = 256 * 1_024 * 1_024;

/** The remaining limits for the tasks of one file. */
export class Room {
  #characters = MAX_CHARACTERS;
  #tasks = MAX_GROUP_SIZE;

  /** Reserves room for some tasks of a size; returns a fault where a limit is exceeded. */
  take(
    span: Span,
    { tasks, characters }: { readonly tasks: number; readonly characters: number },
  ): Fault | null {
    this.#tasks -= tasks;
    this.#characters -= characters;
    if (this.#tasks < 0) {
      const message = `the file makes more than ${MAX_GROUP_SIZE} tasks, which is the limit`;
      return fault(span, message, "split it into several files");
    }
    if (this.#characters >= 0) return null;
    const message = `the records of the tasks would take more than ${formatBytes(MAX_CHARACTERS)}, which is the limit`;
    return fault(span, message, "put what all tasks share into a file that each of them reads");
  }
}

/** The number of characters that a value takes in a record. */
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
