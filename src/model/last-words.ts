/** What the end of a job's output says about its failure. */
export interface LastWords {
  /** The line of the final exception, else the error among the very last lines; empty where there is neither. */
  readonly final: string;
  /** That line, its message, and the errors of programs that only report the end of another one. */
  readonly lines: readonly string[];
}

/** An error in the output. */
interface Found {
  /** Index of the line that names it. */
  readonly at: number;
  /** With a stack trace, which programs do not print for a warning. */
  readonly isException: boolean;
}

/** Prefixes of launchers before each line of a worker, and of Python before the lines of an exception group. */
const DECORATION =
  /^(?:\[(?:rank|default)\d{1,6}\]:? ?|\([^()]{0,80}pid=\d{1,9}[^()]{0,80}\) | {2,40}[|+][-+ ]? ?)/;

const TRACEBACK = /^Traceback \(most recent call last\):/;
const FRAME = /^\s+(?:File "|at )/;
/** The head of a traceback that ends no program, as in a destructor at Python's exit. */
const REMARK = /^(?:Exception ignored (?:in|on)\b|--- Logging error ---)/;
const PANIC = /^(?:panic: |fatal error: |Fatal Python error: |Exception in thread "|Caused by: |Uncaught )/;
const RUST_PANIC = /^thread '[^']{0,200}' (?:\(\d{1,10}\) )?panicked at /;
const TERMINATE = /^terminate called /;
const NAMED =
  /^(?:[A-Za-z_$][\w$]*(?:\.|::))*[\w$]*(?:Error|Exception|Timeout|Interrupt|Expired|Exit)(?: \[\w+\])?:?(?:$| (?![\d.e+-]+$))/;

/** Messages of a program that continues: by their level, their words, or their counters. */
const REMARKS: readonly RegExp[] = [
  /^.{0,80}\b(?:WARN|WARNING|INFO|DEBUG|NOTICE)\b/,
  /^[^A-Za-z]{0,40}(?:[\w.-]{1,40}: )?(?:warning|warn|info|debug|note|hint)\b/i,
  /\wWarning: /,
  /\b(?:skipp(?:ed|ing)|retrying|retry in|will retry|ignor(?:ed|ing)|falling back|continuing|entering retry loop)\b/i,
  /^\W{0,9}(?:step|epoch|iter|iteration|batch)[ :=#[]{1,4}\d/i,
];
const ERROR_WORDS =
  /\b(?:error|errors|err!|fail|fails|failed|failure|fault|fatal|critical|panic|cannot|can't|couldn't|could not|unable to|denied|refused|rejected|no such|not found|not known|not configured|no api key|no module|no space|unknown|unrecognized|invalid|illegal|timed out|timeout|mismatch|exceeded|exhausted|unauthorized|forbidden|reset by|unreachable|unavailable|out of memory|too many|too large|locked|in use|busy|expired|aborted|killed|Xid|corrupted|fallen off|stale|restricted)\b|[a-z]Error\b|ENO[A-Z]{3,12}\b|^usage: |_(?:EXHAUSTED|FAILED|ERROR)\b/i;

/** Errors that report the end of another program, but not its cause. */
const PASSED_ON =
  /\b(?:ChildFailedError|CalledProcessError|ProcessExitedException|BrokenProcessPool)\b|exited unexpectedly|failed \(exitcode: |returned non-zero exit status|exited with (?:code|status|exit code) \d|^make(?:\[\d+\])?: \*\*\*|^npm (?:ERR!|error)|^error: script "|Command failed\b|^srun: error: /;

/** An error that more lines follow is not what ended the job. */
const REACH = 40;
/** The longest message of an exception; the table of a launcher needs that many lines. */
const MESSAGE_LINES = 20;
/** A program without exceptions may print a line or two about its exit after the error. */
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

/** The line of an error, and the following lines up to a message of another program or exception. */
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
