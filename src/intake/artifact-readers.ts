import { ok, type Result } from "../lib/result.ts";
import { MAX_GLOB_LENGTH, MAX_GLOBS } from "../model/artifacts.ts";
import { type Fault, misfit, refuse, refuseFor } from "./fault.ts";
import { after, duration, listOf, type ReadContext, type Reader, reader, text } from "./readers.ts";
import { type Schema, TEXT, textLike } from "./schema.ts";
import type { Value } from "./value.ts";

const WANTED = "a path below the working directory, with * for any part of a name and ** for any folders";

/** A path below the working directory that may have wildcards, without `./` and `//`. */
const glob = reader(
  { ...TEXT, pattern: "^(?![~/])[^?\\[\\]{}]*$", maxLength: MAX_GLOB_LENGTH },
  after(text, (typed, value) => {
    const parts = typed.split("/").filter((part, at) => part !== "." && (part !== "" || at === 0));
    const [odd] = /[?[\]{}]/.exec(typed) ?? [];
    if (parts[0] === "" || typed.startsWith("~"))
      return refuse(
        value,
        `is ${typed}, wanted ${WANTED}`,
        "the job itself can write or copy what is elsewhere to $STINT_ARTIFACTS_DIR",
      );
    if (parts.includes("..")) return refuse(value, `leads out of the working directory, wanted ${WANTED}`);
    if (odd !== undefined) return refuse(value, `has a ${odd}, wanted ${WANTED}`, "write * in its place");
    if (parts.length === 0) return refuseFor(value, `is ${typed}, wanted ${WANTED}`, "**");
    return typed.length > MAX_GLOB_LENGTH
      ? refuse(value, `has ${typed.length} characters, wanted at most ${MAX_GLOB_LENGTH}`)
      : ok(parts.join("/"));
  }),
  String,
);

const many = listOf(glob);

/** One path with wildcards, or several. */
export const globs = reader(
  () => many.schema,
  after(many, (read, value) =>
    read.length > MAX_GLOBS
      ? refuse(value, `has ${read.length} paths, wanted at most ${MAX_GLOBS}`)
      : ok([...new Set(read)]),
  ),
  (paths) => paths.join(" "),
);

const span = duration();

/** `always`, or a duration. */
export const keep: Reader<"always" | number> = reader(
  (): Schema => ({ anyOf: [textLike("^[aA][lL][wW][aA][yY][sS]$"), span.schema] }),
  (value: Value, context: ReadContext): Result<"always" | number, Fault[]> => {
    if (value.type !== "scalar") return misfit(value, "always, or a duration such as 90d");
    return value.text.toLowerCase() === "always" ? ok("always") : span(value, context);
  },
  (kept) => (kept === "always" ? kept : (span.print?.(kept) ?? "")),
);
