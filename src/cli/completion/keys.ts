import { FIELDS } from "../../intake/fields.ts";
import { wordsOf } from "../../intake/schema.ts";
import type { CompletableKey } from "../command-line/declare.ts";

type Keys = Readonly<Record<string, CompletableKey>>;

/** Every key of a task file, as a shell completes KEY=VALUE. */
export const taskKeys = (): Keys => keysOf(() => true);

/** The keys that can be changed in a queued task: what it waits for is fixed when it is queued. */
export const settableKeys = (): Keys =>
  keysOf(({ isFixed, to }) => isFixed === undefined && to[0] !== "parents");

function keysOf(isOffered: (field: (typeof FIELDS)[string]) => boolean): Keys {
  const entries = Object.entries(FIELDS).filter(([, field]) => isOffered(field));
  return Object.fromEntries(
    entries.map(([key, { about, isOpen, read, completes }]) => {
      const choices = wordsOf(read.schema);
      const offered = {
        ...(completes !== undefined && { completes }),
        ...(choices !== undefined && { choices }),
      };
      return [key, { about, ...(isOpen && { isOpen }), ...offered }];
    }),
  );
}
