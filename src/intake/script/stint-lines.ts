import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";
import type { Entry } from "../value.ts";
import { readYaml } from "../yaml-text.ts";
import type { Directive } from "./header.ts";

/**
 * The keys of `#STINT KEY: VALUE` lines, which together are one YAML mapping. All else of the head is blanked, so that the places of its
 * values are those in the script.
 */
export function stintEntries(text: string, directives: readonly Directive[]): Result<Entry[], Fault[]> {
  const last = directives.at(-1);
  if (last === undefined) return ok([]);
  let yaml = "";
  for (const { text: line, span } of directives)
    yaml += text.slice(yaml.length, span.start).replaceAll(/[^\n]/g, " ") + line;
  const read = readYaml(yaml);
  if (!read.ok) return read;
  const { values, faults } = read.value;
  if (faults.length > 0) return err([...faults]);
  const [mapping, ...others] = values;
  if (mapping === undefined) return ok([]);
  if (mapping.type === "mapping" && others.length === 0) return ok([...mapping.entries]);
  const message = "a #STINT line is no key of the task file, wanted #STINT KEY: VALUE";
  return err([fault(others[0]?.span ?? mapping.span, message, "for instance: #STINT retries: 3")]);
}
