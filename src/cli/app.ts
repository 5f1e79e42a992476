import { resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { homePath } from "../desk/home.ts";
import { refuseArguments, refuseHome } from "../desk/not-utf8.ts";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ERRORS, type ErrorCode, EXIT, MIRROR_EXIT, type Problem } from "../model/errors.ts";
import { homeGone, problemFromErrno } from "../store/fs-errors.ts";
import { type Call, type Ended, subcommandNamed, type Verb, type VerbGroup } from "./command-line/declare.ts";
import { parse } from "./command-line/parse.ts";
import { unknownSubcommand } from "./command-line/usage.ts";
import type { Context } from "./context.ts";
import { leaveFirstProcess } from "./first-process.ts";
import { renderProblem } from "./text/problem.ts";
import { verbNamed } from "./verbs.ts";

/** Scale of the JIT thresholds for the first `BRIEF_MS` of a verb: lower than at the start, higher than the default of 1. */
const BRIEF_JIT_SCALE = 6;
const BRIEF_MS = 100;

/** Runs one command line; returns its exit code. */
export async function runApp(process: Context): Promise<number> {
  const line = lineOf(process.arguments);
  const found = verbNamed(line.verb);
  leaveFirstProcess(process, found?.name ?? line.verb);
  const { mirrors } = found?.listed ?? {};
  const isMirroring = mirrors === true || flagWords(line.typed).some((word) => mirrors?.test(word) === true);
  const codeOf: CodeOf = ({ exit }) => (isMirroring ? MIRROR_EXIT.ownError : EXIT[exit]);
  const code = await carryOut(process, { line, codeOf });
  process.progressLine("");
  process.unpaint();
  return code === EXIT.done && process.outputEnd() === "lost" ? codeOf(ERRORS.OUTPUT_LOST) : code;
}

/** The exit code of an error, which depends on the verb. */
type CodeOf = (of: Pick<(typeof ERRORS)[ErrorCode], "exit">) => number;

/** A command line, split as far as possible without the declaration of its verb. */
interface Line {
  /** As typed; `ls` where no verb is named. */
  readonly verb: string;
  /** The words after the verb, and a `--home` before it. */
  readonly typed: readonly string[];
  /** The flag in the place of a verb. */
  readonly flagAlone?: string;
}

function lineOf(words: readonly string[]): Line {
  const start = homeWords(words);
  const before = words.slice(0, start);
  const [verb, ...rest] = words.slice(start);
  if (verb === undefined) return { verb: "ls", typed: before };
  if (["--help", "-h"].includes(verb)) return { verb: "help", typed: [] };
  if (verb !== "--" && verb.startsWith("-"))
    return { verb: "ls", typed: [...before, verb, ...rest], flagAlone: verb };
  return { verb, typed: [...before, ...rest] };
}

/** The words before `--`; only these can be flags of stint. */
function flagWords(typed: readonly string[]): readonly string[] {
  const cut = typed.indexOf("--");
  return cut < 0 ? typed : typed.slice(0, cut);
}

/** Runs the verb; returns its exit code, or that of its problem or exception. */
async function carryOut(
  process: Context,
  { line, codeOf }: { readonly line: Line; readonly codeOf: CodeOf },
): Promise<number> {
  let context = process;
  const tell = (refused: Problem): number => {
    context.err(renderProblem(refused, context.columns()));
    return codeOf(ERRORS[refused.code]);
  };
  try {
    const read = refuseArguments(context.arguments) ?? (await readLine(process, line));
    const isCall = typeof read === "object" && "run" in read;
    if (isCall) context = read.context;
    const ended = isCall ? await read.run() : read;
    return typeof ended === "number" ? ended : tell(ended);
  } catch (error) {
    const errno = errnoOf(error);
    // A system error, such as a folder without permission, is no bug of stint.
    if (errno !== null) {
      const gone = String(error).includes(homePath(context)) ? homeGone(homePath(context)) : null;
      return tell(gone ?? problemFromErrno(errno, `complete \`stint ${line.verb}\``, error));
    }
    context.err(
      `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    context.err("This is a bug in stint. The queue on disk is safe; this command may be incomplete.\n");
    return codeOf(ERRORS.INTERNAL);
  }
}

/** Parses a command line: a call of a verb, or the result where there is none to call. */
async function readLine(
  process: Context,
  line: Line,
): Promise<Ended | { readonly context: Context; readonly run: () => Ended | Promise<Ended> }> {
  if (line.verb === "complete" && line.typed[1] === "--") return answerShell(process, line.typed);
  const asked = flagWords(line.typed);
  if (line.verb === "version" || asked.includes("--version") || asked.includes("-V")) {
    process.out(`${packageJson.version}\n`);
    return EXIT.done;
  }
  const found = verbNamed(line.verb);
  if (found === null) {
    const { unknownVerb } = await import("./unknown-verb.ts");
    return unknownVerb(process, line.verb);
  }
  const { verb } = await found.listed.load();
  if (asked.includes("--help") || asked.includes("-h")) {
    const { helpOf } = await import("./help/verb-help.ts");
    process.out(helpOf(found.name, { ...found, verb, words: asked, columns: process.columns() }));
    return EXIT.done;
  }
  if (line.flagAlone !== undefined && "run" in verb) {
    const { refuseFlagAlone } = await import("./flag-alone.ts");
    const refused = refuseFlagAlone(line.flagAlone, verb);
    if (refused !== null) return refused;
  }
  const called = calledIn(verb, { name: found.name, typed: [...found.flags, ...line.typed] });
  if (!called.ok) return called.error;
  const parsed = parse(called.value.verb, called.value);
  if (!parsed.ok) return parsed.error;
  const { operands, words } = parsed.value;
  // A verb that looks whether a flag was given means its own.
  const { home, ...flags } = parsed.value.flags;
  // Jobs inherit the variable: a `stint` inside a job uses the same queue.
  const context =
    typeof home === "string"
      ? { ...process, env: { ...process.env, STINT_HOME: resolve(process.cwd, home) } }
      : process;
  // Help is had with any home.
  const refused = found.name === "help" ? null : refuseHome(context);
  if (refused !== null) return refused;
  // The build sets high JIT thresholds (see .config/build.ts), as most verbs end before machine code pays off. A verb that
  // stays gets the default ones.
  Bun.unsafe.setJITPolicy(BRIEF_JIT_SCALE);
  setTimeout(() => Bun.unsafe.setJITPolicy(1), BRIEF_MS).unref();
  // The parser has typed the values as the verb declares them.
  const call = { context, flags: flags as Call["flags"], operands, words };
  return { context, run: () => called.value.verb.run(call) };
}

/** Answers a shell that completes a line. What goes wrong there is told when the line is run. */
async function answerShell(process: Context, typed: readonly string[]): Promise<Ended> {
  const { complete } = await import("./completion/complete.ts");
  const answer = await complete(process, typed).catch(() => "");
  process.out(answer);
  return EXIT.done;
}

interface Called {
  /** Includes the subcommand. */
  readonly name: string;
  readonly verb: Verb;
  readonly typed: readonly string[];
}

/** Resolves the subcommand of a verb that has some: the first word after a `--home`. */
function calledIn(
  verb: Verb | VerbGroup,
  { name, typed }: { readonly name: string; readonly typed: readonly string[] },
): Result<Called, Problem> {
  if (!("subcommands" in verb)) return ok({ name, verb, typed });
  const at = homeWords(typed);
  const first = typed[at];
  const isNamed = first !== undefined && !first.startsWith("-");
  const wanted = isNamed ? first : verb.fallback;
  const found = wanted === undefined ? null : subcommandNamed(verb, wanted);
  if (found === null) return err(unknownSubcommand(name, { group: verb, typed: first }));
  return ok({
    name: `${name} ${found.name}`,
    verb: found.subcommand,
    typed: isNamed ? typed.toSpliced(at, 1) : typed,
  });
}

/** Counts the leading words that are `--home` and its value. */
function homeWords(words: readonly string[]): number {
  let count = 0;
  while (words[count] === "--home" || words[count]?.startsWith("--home="))
    count += words[count] === "--home" ? 2 : 1;
  return count;
}
