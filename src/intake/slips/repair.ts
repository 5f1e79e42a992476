import { type Fault, fault, insteadOf } from "../fault.ts";
import { Lines } from "./lines.ts";
import type { Slip } from "./slip.ts";
import { slipAt } from "./table.ts";

/** An error of the parser: offsets in the text, the end excluded. */
export interface SyntaxError {
  readonly start: number;
  readonly end: number;
  readonly code: string;
  readonly message: string;
}

interface Parser {
  /** The errors of a text, in its order. */
  readonly errorsIn: (text: string) => readonly SyntaxError[];
  /** The fault of an error that is no usual slip. */
  readonly faultOf: (error: SyntaxError) => Fault;
}

/** So many characters are read again with a slip put right: enough for every file that was written by hand. */
const MAX_READ_AGAIN = 256 * 1_024;
/** So many places are looked at for slips: more faults are not shown. */
const MAX_LOOKS = 200;
/** A run of lines with one of these slips is told once: each of them has the same cause. */
const OF_RUNS: ReadonlySet<string> = new Set(["tab", "block text"]);

/**
 * Tells each slip of a text once. The first one is put right and the text is read again, as most errors follow from the first; each fix
 * is one line in place of one line, so rows stay what they are.
 */
export function syntaxFaults(text: string, first: readonly SyntaxError[], parser: Parser): Fault[] {
  const written = new Lines(text);
  const told = new Map<number, string>();
  const faults: Fault[] = [];
  const tell = (slip: Slip): void => {
    const isFence = slip.kind === "fence" && [...told.values()].includes("fence");
    const isSame = isFence || (OF_RUNS.has(slip.kind) && told.get(slip.row - 1) === slip.kind);
    told.set(slip.row, slip.kind);
    if (!isSame) faults.push(faultOfSlip(slip, written));
  };
  let lines = written;
  let errors = first;
  for (let left = MAX_READ_AGAIN - text.length; left >= 0; left -= text.length) {
    const [error] = errors;
    const slip = error === undefined ? null : slipAt(lines, error.start, error);
    if (slip?.fix === undefined || told.has(slip.row)) break;
    tell(slip);
    const repaired = lines.with(slip.row, slip.fix);
    lines = new Lines(repaired);
    errors = parser.errorsIn(repaired);
  }
  let lastEnd = -1;
  let left = MAX_LOOKS;
  for (const error of errors) {
    const { row, column } = lines.at(error.start);
    if (error.start <= lastEnd || told.has(row)) continue;
    lastEnd = error.end;
    if (error.code === "TAB_AS_INDENT" && told.get(row - 1) === "tab") {
      told.set(row, "tab");
      continue;
    }
    left -= 1;
    const slip = left < 0 ? null : slipAt(lines, error.start, error);
    if (slip !== null && !told.has(slip.row)) tell(slip);
    else if (slip === null) {
      const start = written.offset(row, column);
      faults.push(parser.faultOf({ ...error, start, end: start + error.end - error.start }));
    }
  }
  return faults;
}

/** The faults of contents, each in the words of the slip where it is one. */
export function contentFaults(text: string, faults: readonly Fault[]): Fault[] {
  if (!faults.some(({ mayBeSlip }) => mayBeSlip === true)) return [...faults];
  const lines = new Lines(text);
  const odd: Fault[] = [];
  const all = faults.map((one) => {
    const { span, message, hint, mayBeSlip } = one;
    const because = { code: null, message, ...(hint !== undefined && { hint }) };
    const slip = mayBeSlip === true ? slipAt(lines, span.start, because) : null;
    if (slip === null) return one;
    const found = faultOfSlip(slip, lines);
    if (slip.kind === "odd blank") odd.push(found);
    return found;
  });
  // Where a blank is none, the keys around it are not what they seem.
  return odd.length > 0 ? odd : all;
}

function faultOfSlip({ row, marked, message, hint, fix }: Slip, lines: Lines): Fault {
  const span = ({ from, to }: { from: number; to: number }) => ({
    start: lines.offset(row, from),
    end: lines.offset(row, to),
  });
  const said = fault(span(marked), message, hint);
  return fix === undefined ? said : insteadOf(span(fix), said, fix.text);
}
