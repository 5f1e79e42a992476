import { type EntryBelow, entriesBelow, entriesIn } from "./entries-below.ts";
import { globMatcher } from "./glob.ts";

const ANY_DEPTH = "**";

/** One component of a path glob; null is any number of folders. */
type Component = ((name: string) => boolean) | null;

/** A glob that matched up to a component: what comes below must match the rest of it. */
interface Rest {
  readonly components: readonly Component[];
  readonly at: number;
}

interface Looking {
  readonly folder: string;
  /** Folders that are not looked into. */
  readonly isSkipped: (path: string) => boolean;
  readonly onLook: () => void;
  readonly onRefused: (path: string, errno: string) => void;
}

/**
 * The files and links below a folder that match a path glob: `*` is any run of characters of one name, `**` any number of folders, and a
 * folder that matches stands for all that it holds. As in a shell, a wildcard at the beginning of a name matches no leading dot. Only
 * folders in which something can match are read, and links are not followed. The time is linear in what is read, for every glob.
 */
export function* filesMatching(globs: readonly string[], looking: Looking): Generator<EntryBelow> {
  const rests = globs.map((glob) => ({ components: componentsOf(glob), at: 0 }));
  yield* matchesIn("", rests.flatMap(withSkipped), looking);
}

function componentsOf(glob: string): Component[] {
  return glob.split("/").map((part) => {
    if (part === ANY_DEPTH) return null;
    const isMatch = globMatcher(part);
    return part.startsWith("*") ? (name) => !name.startsWith(".") && isMatch(name) : isMatch;
  });
}

function* matchesIn(path: string, rests: readonly Rest[], looking: Looking): Generator<EntryBelow> {
  const { folder, isSkipped, onLook, onRefused } = looking;
  for (const entry of entriesIn(folder, path, onRefused)) {
    onLook();
    const left = rests.flatMap((rest) => after(rest, entry.name));
    const isMatch = left.some(({ components, at }) => at === components.length);
    const isFolder = entry.type === "folder";
    if (isMatch && !isFolder) yield entry;
    if (!isFolder || isSkipped(entry.path)) continue;
    if (isMatch) yield* entriesBelow(folder, { onRefused }, entry.path);
    else if (left.length > 0) yield* matchesIn(entry.path, left, looking);
  }
}

/** What is left of a glob below an entry of this name; none where it cannot match there. */
function after({ components, at }: Rest, name: string): Rest[] {
  const component = components[at];
  if (component === undefined) return [];
  if (component === null) return name.startsWith(".") ? [] : withSkipped({ components, at });
  return component(name) ? withSkipped({ components, at: at + 1 }) : [];
}

/** `**` may also be no folder at all; at the end of a glob, it is all that is below. */
function withSkipped(rest: Rest): Rest[] {
  const { components, at } = rest;
  return components[at] === null ? [rest, ...withSkipped({ components, at: at + 1 })] : [rest];
}
