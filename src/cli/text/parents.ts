import { counted } from "../../lib/counted.ts";
import type { ParentReference } from "../../model/spec.ts";

/** More parents are folded. */
const MOST_PARENTS = 4;

/** The parents of a task and how they must end; many that must end in the same way are told by the first and the last of them. */
export function parentTexts(after: readonly ParentReference[]): string[] {
  return [...Map.groupBy(after, ({ when }) => when)].flatMap(([when, those]) => {
    if (when === "oneOf" && those.length > 1 && those.length <= MOST_PARENTS)
      return [those.map(({ reference }) => reference).join(" or ")];
    const how = { success: "", any: "however they end", failure: "if they fail", oneOf: "one of them" }[when];
    if (those.length > MOST_PARENTS) {
      const told = [counted(those.length, "task"), how].filter((part) => part !== "").join("; ");
      return [`${those[0]?.reference} … ${those.at(-1)?.reference} (${told})`];
    }
    const each = { success: "", oneOf: "", any: " (however it ends)", failure: " (if it fails)" }[when];
    return those.map(({ reference }) => `${reference}${each}`);
  });
}
