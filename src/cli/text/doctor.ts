import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import type { Check } from "../check.ts";
import type { Style } from "./style.ts";
import { hanging } from "./wrap.ts";

const MARKS = { ok: "ok  ", note: "note", warn: "warn", fail: "FAIL" } as const;

/** The checks: problems first, then the verdict, then what no task needs and what is in order, where that is shown. */
export function renderChecks(
  checks: readonly Check[],
  layout: { readonly style: Style; readonly isVerbose: boolean; readonly columns: number },
): string {
  const { style, isVerbose } = layout;
  const of = (wanted: Check["verdict"]): Check[] => checks.filter(({ verdict }) => verdict === wanted);
  const [fails, warnings, notes, sound] = [of("fail"), of("warn"), of("note"), of("ok")];
  const parts = [
    ...(fails.length > 0 ? [counted(fails.length, "problem")] : []),
    ...(warnings.length > 0 ? [counted(warnings.length, "warning")] : []),
  ];
  const quiet = [
    `${counted(sound.length, "check")} ok`,
    ...(notes.length > 0 ? [counted(notes.length, "note")] : []),
  ];
  const hidden = isVerbose ? "" : ` (${quiet.join(", ")}; --verbose lists them)`;
  const found = parts.length === 0 ? "no problems found" : parts.join(", ");
  const verdict = style.bold(`${found}${hidden}`);
  const blocks = [
    ...[...fails, ...warnings].flatMap((check) => linesOf(check, layout)),
    verdict,
    ...(isVerbose ? [...notes, ...sound].flatMap((check) => linesOf(check, layout)) : []),
  ];
  return asLines(blocks);
}

/** A check and its advice; the faults of a file are several lines. */
function linesOf(
  { verdict, what, fix }: Check,
  { style, columns }: { readonly style: Style; readonly columns: number },
): string[] {
  const mark = verdict === "fail" ? style.bold(MARKS[verdict]) : MARKS[verdict];
  const advice = fix === undefined ? [] : fix.split("\n").map((line) => `     ${line}`.trimEnd());
  return [...hanging(`${mark} `, what, { columns }), ...advice];
}
