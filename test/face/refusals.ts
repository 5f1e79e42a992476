import type { Verb } from "../../src/cli/command-line/declare.ts";
import { long, operandRoom } from "../../src/cli/command-line/usage.ts";

/** A command line that is refused before anything is done, and what is wrong with it. */
export interface Refused {
  readonly kind: string;
  readonly words: readonly string[];
}

/** Wrong command lines of a verb, of every kind that its declaration has. */
export function refusedLines(name: string, verb: Verb): Refused[] {
  const { flags, operands = [], takesCommand } = verb;
  const words = name.split(" ");
  // As many operands as it needs, so that nothing else is wrong.
  const needed = operands.filter(({ count }) => count === "one" || count === "some");
  const rest = takesCommand ? ["--", "true"] : needed.map(({ choices }) => choices?.[0] ?? "1");
  const lines: Refused[] = [{ kind: "unknown flag", words: [...words, "--nosuch", ...rest] }];
  if (needed.length > 0 && !takesCommand) lines.push({ kind: "missing operand", words });
  if (Number.isFinite(operandRoom(operands)) && !takesCommand) {
    const many = Array.from(
      { length: operands.length + 1 },
      (_, index) => operands[index]?.choices?.[0] ?? "x",
    );
    lines.push({ kind: "one word too many", words: [...words, ...many] });
  }
  const shown = Object.entries(flags).filter(([, { hidden }]) => hidden !== true);
  for (const [key, { value, excludes = [] }] of shown) {
    if (value === undefined) {
      if (lines.every(({ kind }) => kind !== "needless value"))
        lines.push({ kind: "needless value", words: [...words, `${long(key)}=x`, ...rest] });
      continue;
    }
    // Last in the line: any word after it would be its value.
    if (!takesCommand) lines.push({ kind: "missing value", words: [...words, ...rest, long(key)] });
    const wrong = ["abc", "", "a b"].find((text) => value.read(text) === null);
    if (wrong !== undefined)
      lines.push({ kind: "wrong value", words: [...words, `${long(key)}=${wrong}`, ...rest] });
    const other = excludes[0];
    const both = other === undefined ? null : [key, other].map((one) => given(one, verb));
    if (both !== null && both.every((word) => word !== null))
      lines.push({ kind: "not both", words: [...words, ...both.flatMap((word) => word ?? []), ...rest] });
  }
  return lines;
}

/** A flag with a value that is right; null where none is known. */
function given(key: string, { flags }: Verb): string | null {
  const { value } = flags[key] ?? { value: undefined };
  if (value === undefined) return long(key);
  const right = [...(value.choices ?? []), "1", "1h", "a=b", "07:00", "x"].find(
    (text) => value.read(text) !== null,
  );
  return right === undefined ? null : `${long(key)}=${right}`;
}
