/** The end of a job's output, read for what it died of. */
export interface LastWords {
  /** The line of the final exception, or else the error among the very last lines; empty where there is neither. */
  readonly final: string;
  /** That line, what belongs to it, and the words of those who only pass on the end of another program. */
  readonly lines: readonly string[];
}

/** An error in the output. */
interface Found {
  /** Index of the line that names it. */
  readonly at: number;
  /** With its frames: nobody prints these of a mere remark. */
  readonly isException: boolean;
}

/** What launchers put before each line of a worker's, and Python before those of a group of exceptions. */
const DECORATION =
  /^(?:\[(?:rank|default)\d{1,6}\]:? ?|\([^()]{0,80}pid=\d{1,9}[^()]{0,80}\) | {2,40}[|+][-+ ]? ?)/;

const TRACEBACK = /^Traceback \(most recent call last\):/;
const FRAME = /^\s+(?:File "|at )/;
/** Of a traceback that nobody dies of, as in a destructor while Python leaves. */
const REMARK = /^(?:Exception ignored (?:in|on)\b|--- Logging error ---)/;
const PANIC = /^(?:panic: |fatal error: |Fatal Python error: |Exception in thread "|Caused by: |Uncaught )/;
const RUST_PANIC = /^thread '[^']{0,200}' (?:\(\d{1,10}\) )?panicked at /;
const TERMINATE = /^terminate called /;
const NAMED =
  /^(?:[A-Za-z_$][\w$]*(?:\.|::))*[\w$]*(?:Error|Exception|Timeout|Interrupt|Expired|Exit)(?: \[\w+\])?:?(?:$| (?![\d.e+-]+$))/;

/** Remarks of a program that goes on: by their level, by what they say, or by what they count. */
const REMARKS: readonly RegExp[] = [
  /^.{0,80}\b(?:WARN|WARNING|INFO|DEBUG|NOTICE)\b/,
  /^[^A-Za-z]{0,40}(?:[\w.-]{1,40}: )?(?:warning|warn|info|debug|note|hint)\b/i,
  /\wWarning: /,
  /\b(?:skipp(?:ed|ing)|retrying|retry in|will retry|ignor(?:ed|ing)|falling back|continuing|entering retry loop)\b/i,
  /^\W{0,9}(?:step|epoch|iter|iteration|batch)[ :=#[]{1,4}\d/i,
];
const ERROR_WORDS =
  /\b(?:error|errors|err!|fail|fails|failed|failure|fault|fatal|critical|panic|cannot|can't|couldn't|could not|unable to|denied|refused|rejected|no such|not found|not known|not configured|no api key|no module|no space|unknown|unrecognized|invalid|illegal|timed out|timeout|mismatch|exceeded|exhausted|unauthorized|forbidden|reset by|unreachable|unavailable|out of memory|too many|too large|locked|in use|busy|expired|aborted|killed|Xid|corrupted|fallen off|stale|restricted)\b|[a-z]Error\b|ENO[A-Z]{3,12}\b|^usage: |_(?:EXHAUSTED|FAILED|ERROR)\b/i;

/** They tell of the end of another program, and not of why. */
const PASSED_ON =
  /\b(?:ChildFailedError|CalledProcessError|ProcessExitedException|BrokenProcessPool)\b|exited unexpectedly|failed \(exitcode: |returned non-zero exit status|exited with (?:code|status|exit code) \d|^make(?:\[\d+\])?: \*\*\*|^npm (?:ERR!|error)|^error: script "|Command failed\b|^srun: error: /;

/** An error that so many lines follow is not what a job died of. */
const REACH = 40;
/** An exception's message goes on for no longer than this; the table of a launcher needs it. */
const MESSAGE_LINES = 20;
/** The words of a program without exceptions end with a line or two about leaving. */
const PARTING_LINES = 2;

/** Finds the final error in the end of a job's output. */
export function lastWords(tail: string): LastWords {
  const lines = tail
    .split("\n")
    .map((line) => line.replace(DECORATION, ""))
    .filter((line) => line.trim() !== "");
  const errors = errorsIn(lines).filter(({ at }) => at >= lines.length - REACH);
  const isOwn = ({ at }: Found): boolean => !PASSED_ON.test(lines[at] ?? "");
  const own = errors.filter(isOwn);
  const main = own.findLast(({ isException }) => isException) ?? own.at(-1);
  const passing = errors.filter((error) => !isOwn(error) && error.at > (main?.at ?? -1));
  const partingLines = (passing[0]?.at ?? lines.length) - 1 - (main?.at ?? 0);
  const isFinal = main?.isException === true || partingLines <= PARTING_LINES;
  return {
    final: main !== undefined && isFinal ? (lines[main.at] ?? "") : "",
    lines: [
      ...(main === undefined ? [] : aroundOf(lines, main)),
      ...passing.flatMap((one) => messageOf(lines, one)),
    ],
  };
}

function errorsIn(lines: readonly string[]): Found[] {
  const found: Found[] = [];
  let isRemark = false;
  let isInFrames = false;
  let messageEnd = 0;
  for (const [at, line] of lines.entries()) {
    if (REMARK.test(line)) isRemark = true;
    if (TRACEBACK.test(line) || line.startsWith('  File "')) {
      isInFrames = true;
      continue;
    }
    if (isInFrames && /^\s/.test(line)) continue;
    if (isInFrames) {
      if (!isRemark) found.push({ at, isException: true });
      isInFrames = false;
      isRemark = false;
      continue;
    }
    // The lines of a message may look like errors of their own.
    const last = found.at(-1);
    const lastLine = lines[last?.at ?? -1] ?? "";
    if (lastLine.endsWith(":") && NAMED.test(lastLine)) messageEnd = (last?.at ?? 0) + 1 + MESSAGE_LINES;
    const isOfMessage = at < messageEnd || (last?.isException === true && last.at >= at - 1);
    const error = isOfMessage ? null : errorAt(lines, at);
    if (error !== null) found.push(error);
  }
  return found;
}

function errorAt(lines: readonly string[], at: number): Found | null {
  const line = lines[at] ?? "";
  const next = lines[at + 1] ?? "";
  if (TERMINATE.test(line)) return { at: /^\s+what\(\):/.test(next) ? at + 1 : at, isException: true };
  if (RUST_PANIC.test(line))
    return { at: line.endsWith(":") && next !== "" ? at + 1 : at, isException: true };
  if (PANIC.test(line)) return { at, isException: true };
  const isNamed = NAMED.test(line);
  if (isNamed && FRAME.test(next)) return { at, isException: true };
  return (isNamed || ERROR_WORDS.test(line)) && !isRemarked(line) ? { at, isException: false } : null;
}

/** An error with its message, and without exceptions also the error lines that lead to it. */
function aroundOf(lines: readonly string[], main: Found): string[] {
  const message = messageOf(lines, main);
  if (main.isException) return message;
  const before: string[] = [];
  for (let at = main.at - 1; errorAt(lines, at) !== null; at -= 1) before.push(lines[at] ?? "");
  return [...message, ...before];
}

/** The line of an error, and what follows that is neither the word of another program nor of another exception. */
function messageOf(lines: readonly string[], { at }: Found): string[] {
  const rest = lines.slice(at + 1, at + 1 + MESSAGE_LINES);
  const end = rest.findIndex(
    (line) =>
      REMARK.test(line) ||
      TRACEBACK.test(line) ||
      isRemarked(line) ||
      /^(?!\w+Error)[a-z][\w.-]{0,40}: /.test(line),
  );
  return [lines[at] ?? "", ...(end === -1 ? rest : rest.slice(0, end))];
}

function isRemarked(line: string): boolean {
  return REMARKS.some((pattern) => pattern.test(line));
}
