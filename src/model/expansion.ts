/*
 * References to variables in the values of `env`, as compose has them. `${NAME}` and `${NAME:-default}` are expanded in any value, and
 * `$${NAME}` is the text `${NAME}`. In a search path (a variable whose name ends in PATH) `$NAME` is expanded too, and a `~` that begins
 * an entry; `$$` is a dollar. Any other dollar stays as it is: it may be one of a password.
 */

/** A variable by its name; undefined where it is not set. */
type Lookup = (name: string) => string | undefined;

const BRACED = /(\$?)\$\{([A-Za-z_]\w*)(?::-([^{}]*))?\}/g;
const IN_SEARCH_PATH = /\$(?:(\$)|\{([A-Za-z_]\w*)(?::-([^{}]*))?\}|([A-Za-z_]\w*))/g;
const HOME_OF_ENTRY = /(^|:)~(?=\/|:|$)/g;

function isSearchPath(name: string): boolean {
  return name.endsWith("PATH");
}

/** True for a value of which something would be expanded. */
export function hasReference(name: string, value: string): boolean {
  if (!isSearchPath(name)) return value.search(BRACED) >= 0;
  return value.search(IN_SEARCH_PATH) >= 0 || value.search(HOME_OF_ENTRY) >= 0;
}

/** Expands the value of a variable; `unset` names those that it needs and that are not set. */
export function expanded(
  name: string,
  value: string,
  lookup: Lookup,
): { readonly text: string; readonly unset: readonly string[] } {
  const unset = new Set<string>();
  let isOwnEmpty = false;
  const found = (reference: string, other: string | undefined): string => {
    const text = lookup(reference);
    if (other !== undefined) return text === undefined || text === "" ? other : text;
    // `LD_LIBRARY_PATH: /opt/lib:$LD_LIBRARY_PATH` begins the list where there is none.
    const isOwn = reference === name && name !== "PATH" && isSearchPath(name);
    if (text === undefined && !isOwn) unset.add(reference);
    if (isOwn && (text ?? "") === "") isOwnEmpty = true;
    return text ?? "";
  };
  if (!isSearchPath(name)) {
    const text = value.replace(BRACED, (whole: string, ...groups: (string | undefined)[]) => {
      const [escape, reference = "", other] = groups;
      return escape === "" ? found(reference, other) : whole.slice(1);
    });
    return { text, unset: [...unset] };
  }
  const text = value
    .replace(HOME_OF_ENTRY, "$1$${HOME}")
    .replace(IN_SEARCH_PATH, (_: string, ...groups: (string | undefined)[]) => {
      const [escape, braced, other, bare = ""] = groups;
      return escape ?? found(braced ?? bare, other);
    });
  // An empty entry would be the current folder.
  return { text: isOwnEmpty ? text.replace(/:{2,}/g, ":").replace(/^:|:$/g, "") : text, unset: [...unset] };
}

/** A value that is expanded to this text. */
export function unexpanded(name: string, text: string): string {
  return isSearchPath(name) ? text.replaceAll("$", "$$$$") : text.replace(BRACED, (whole) => `$${whole}`);
}
