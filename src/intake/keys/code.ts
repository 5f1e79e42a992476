import { ok } from "../../lib/result.ts";
import { CODE_MODES, type CodeSpec, isLinkPath, MAX_LINKS } from "../../model/code.ts";
import { refuse } from "../fault.ts";
import { mapping } from "../mapping.ts";
import { after, listOf, oneOf, type ReadContext, type Reader, reader, text } from "../readers.ts";
import { oneOrMany, TEXT } from "../schema.ts";
import type { Value } from "../value.ts";
import type { Fields } from "./field.ts";

const word = oneOf(CODE_MODES);

/** As `isLinkPath` has it: no slash at the beginning, and no two dots between slashes. */
const SLASH = "\\x2F";
const RELATIVE = `^(?!${SLASH})(?!(.*${SLASH})?\\.\\.(${SLASH}|$))`;

const links = reader(
  () => oneOrMany({ ...TEXT, pattern: RELATIVE }),
  after(listOf(text), (paths, value) => {
    const odd = paths.find((path) => !isLinkPath(path));
    if (odd !== undefined)
      return refuse(value, `names "${odd}", wanted a path below the working directory, such as data`);
    return paths.length > MAX_LINKS ? refuse(value, `names more than ${MAX_LINKS} paths`) : ok(paths);
  }),
);

const ofSnapshot = mapping(
  {
    mode: { read: oneOf(["snapshot"]), about: "only a snapshot has links" },
    link: { read: links, about: "paths of the tree that are linked into the checkout, relative to cwd" },
  },
  { must: ["mode"], example: "{mode: snapshot, link: [data]}" },
);

const codeReader: Reader<CodeSpec> = reader(
  () => ({ anyOf: [...((word.schema["anyOf"] as readonly unknown[] | undefined) ?? []), ofSnapshot.schema] }),
  (value: Value, context: ReadContext) => {
    if (value.type === "mapping") return ofSnapshot(value, context);
    const mode = word(value, context);
    return mode.ok ? ok({ mode: mode.value }) : mode;
  },
  ({ mode }) => mode,
);

/** What is kept of the git tree in which a task runs. */
export const CODE_FIELDS: Fields = {
  code: {
    read: codeReader,
    to: ["spec", "code"],
    about: "what is kept of the git tree: record, snapshot or none",
    more: "or `{mode: snapshot, link: [data]}`; see `stint help code`",
    without: "record: the commit and the names of changed files",
    flag: { group: "Task", placeholder: "HOW" },
  },
};
