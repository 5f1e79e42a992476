import { describe, expect, test } from "bun:test";
import { renderDiagnostic } from "../../../src/intake/diagnostic.ts";
import { readSchedule } from "../../../src/intake/schedule.ts";
import { readSubmission } from "../../../src/intake/submission.ts";
import { CONTEXT } from "../rig.ts";

/** A usual slip: a file, what is said of it, and the line to paste; null where one line is not enough. */
export type Row = readonly [text: string, said: string, corrected: string | null];

export type Read = (text: string) => ReturnType<typeof readSubmission>;
export const asTask: Read = (text) => readSubmission(text, CONTEXT);
export const asSchedule: Read = (text) => {
  const read = readSchedule(text, { ...CONTEXT, name: "nightly", cronFault: () => null });
  return read.ok ? { ok: true, value: [] } : read;
};

/** Tests that each row is one fault with its line, and that the line is accepted in its place. */
export function describeSlips(group: string, rows: readonly Row[], read: Read): void {
  describe(`a slip in ${group} is one fault with the line that is meant`, () => {
    test.each(rows.map(([text, said, corrected]) => ({ text, said, corrected })))(
      "$text",
      ({ text, said, corrected }) => {
        const made = read(`${text}\n`);
        const faults = made.ok ? [] : made.error;
        expect(
          faults.map(
            ({ line, column, message, hint }) =>
              `${line}:${column} ${message}${hint === undefined ? "" : ` = ${hint}`}`,
          ),
        ).toEqual([said]);
        const [fault] = faults;
        if (corrected === null || fault === undefined) return;
        expect(fault.corrected).toBe(corrected);
        expect(renderDiagnostic(fault)).toEndWith(`\n  ${fault.line} + ${corrected}`);
      },
    );

    test.each(rows.filter(([, , corrected]) => corrected !== null).map(([text]) => ({ text })))(
      "the line is accepted in place of the other: $text",
      ({ text }) => {
        expect(faultsLeft(`${text}\n`, read)).toEqual([]);
      },
    );
  });
}

/** What is left once each line is pasted; of a run of lines with the same slip, each needs its own. */
function faultsLeft(text: string, read: Read): string[] {
  let pasted = text;
  for (const _ of text.split("\n")) {
    const made = read(pasted);
    const corrected = made.ok ? undefined : made.error[0]?.corrected;
    if (made.ok || corrected === undefined) return made.ok ? [] : made.error.map(renderDiagnostic);
    const lines = pasted.split("\n");
    lines[(made.error[0]?.line ?? 0) - 1] = corrected;
    pasted = lines.join("\n");
  }
  return [`not read after a line for each of its own: ${pasted}`];
}
