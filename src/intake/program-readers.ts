import { ok, type Result } from "../lib/result.ts";
import { type Fault, misfit, refuse, refuseFor, refuseReading } from "./fault.ts";
import { after, all, anyText, reader, text } from "./readers.ts";
import { TEXT } from "./schema.ts";
import { plainOrQuoted } from "./slips/line.ts";
import type { Value } from "./value.ts";
import { splitWords } from "./words.ts";

/** A name without a blank in it, or a path. */
const PROGRAM = { ...TEXT, pattern: "^\\s*\\S*\\s*$|/|\\$\\{\\{" };

/** A program with its arguments: a list, or a single word. */
export const command = reader(
  () => ({
    anyOf: [
      { ...TEXT, pattern: "^\\S+$" },
      { type: "array", minItems: 1, prefixItems: [PROGRAM], items: anyText.schema },
    ],
  }),
  (value: Value): Result<string[], Fault[]> => {
    if (value.type === "list") {
      const [program, ...rest] = value.items;
      if (program === undefined) return refuse(value, "is an empty list, wanted a program and its arguments");
      const words = all([text(program), ...rest.map((item) => argument(item))]);
      const [name = ""] = words.ok ? words.value : [];
      // No program that is looked up by its name has a blank in it; one with a path may.
      if (!/\s/.test(name.trim()) || name.includes("/")) return words;
      const message = `begins with "${name}", which is a line for a shell, wanted the name of a program`;
      return refuseReading(value, message, "write run: for a shell line, or each word as an item of its own");
    }
    const read = text(value);
    if (!read.ok) return value.type === "mapping" ? refuse(value, "is a mapping, wanted a list") : read;
    if (!/\s/.test(read.value)) return ok([read.value]);
    const words = splitWords(read.value);
    const list = words.ok ? `, or command: ${JSON.stringify(words.value)}` : "";
    const hint = `write run: for a shell line${list}`;
    return refuseReading(value, "contains spaces, wanted a list or a single word", hint);
  },
);

/** Quotes of a word processor or a chat: the shell would look for a program with one in its name. */
const TYPOGRAPHIC = /^[\u2018\u2019\u201A\u201C\u201D\u201E\u00AB]/;

/** A line for the shell, or several. */
export const runText = reader(
  text.schema,
  after(text, (line, value) => {
    if (!TYPOGRAPHIC.test(line)) return ok(line);
    const straight = line
      .replaceAll(/[\u2018\u2019\u201A]/g, "'")
      .replaceAll(/[\u201C\u201D\u201E\u00AB\u00BB]/g, '"');
    const said = "begins with a typographic quote, which is none for the shell";
    if (line.includes("\n")) return refuse(value, said, "write straight quotes");
    return refuseFor(value, said, { text: plainOrQuoted(straight), hint: "write straight quotes" });
  }),
);

/** Arguments: a list, or a line that is split into words as in a shell. */
export const args = reader(
  () => ({ anyOf: [anyText.schema, { type: "array", items: anyText.schema }] }),
  (value: Value): Result<string[], Fault[]> => {
    if (value.type === "list") return all(value.items.map(argument));
    if (value.type === "mapping") return refuse(value, "is a mapping, wanted a list");
    if (value.text === "") return ok([]);
    const words = splitWords(value.text);
    return words.ok ? words : refuse(value, `cannot be split into words: ${words.error}`);
  },
);

/** An argument may be empty. */
function argument(value: Value): Result<string, Fault[]> {
  return value.type === "scalar" ? anyText(value) : misfit(value, "text", "put quotes around it");
}
