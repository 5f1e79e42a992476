import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { errnoOf } from "../lib/errno.ts";
import { own } from "../lib/own.ts";
import { asLines } from "../lib/printable.ts";
import { closest } from "../lib/suggest.ts";
import { ERRORS, type ErrorCode, EXIT, MIRROR_EXIT, problem } from "../model/errors.ts";
import { homeGone, problemFromErrno } from "../store/fs-errors.ts";
import { BriefCommand } from "./brief-command.ts";
import type { Context } from "./context.ts";
import { leaveFirstProcess } from "./first-process.ts";
import { homePath } from "./home.ts";
import { refuseArguments, refuseHome } from "./not-utf8.ts";
import { renderProblem } from "./text/problem.ts";
import { type Ended, VERBS } from "./verbs.ts";

/** The verbs whose exit code is the task's: their own errors must not look like it. */
const MIRRORING = new Set(["run", "wait"]);

/** So many times slower to compile is the engine for a verb that is over soon: between a start's and the usual. */
const BRIEF_JIT_SCALE = 6;
const BRIEF_MS = 100;

/** Runs one command line; gives the exit code. */
export async function runApp(process: Context): Promise<number> {
  const cut = process.arguments.indexOf("--");
  const words = cut < 0 ? null : process.arguments.slice(cut + 1);
  const { home, given } = withoutHome(cut < 0 ? process.arguments : process.arguments.slice(0, cut));
  // Jobs inherit it too: a `stint` inside of one means the same queue.
  const context =
    home === null ? process : { ...process, env: { ...process.env, STINT_HOME: resolve(process.cwd, home) } };
  const verb = verbIn(given);
  leaveFirstProcess(process, verb);
  const isMirroring =
    MIRRORING.has(verb) || (verb === "submit" && (given.includes("--wait") || given.includes("--follow")));
  const codeOf: CodeOf = ({ exit }) => (isMirroring ? MIRROR_EXIT.ownError : EXIT[exit]);
  const code = await carryOut(context, { verb, given, words, codeOf });
  context.unpaint();
  return code === EXIT.done && context.outputEnd() === "lost" ? codeOf(ERRORS.OUTPUT_LOST) : code;
}

/** The exit code of an error, which depends on the verb. */
type CodeOf = (of: Pick<(typeof ERRORS)[ErrorCode], "exit">) => number;

interface Call {
  readonly verb: string;
  readonly given: readonly string[];
  readonly words: readonly string[] | null;
}

/** Runs the verb; gives the exit code, that of what went wrong too. */
async function carryOut(context: Context, { codeOf, ...call }: Call & { codeOf: CodeOf }): Promise<number> {
  const { verb, given } = call;
  try {
    let ended: Ended = EXIT.done;
    const refused = refuseArguments(context.arguments) ?? refuseHome(context);
    if (refused !== null) return finish(context, { ended: refused, codeOf });
    const program = await assemble(context, { ...call, end: (code) => (ended = code) });
    if (program === null) {
      const near = closest(verb, Object.keys(VERBS));
      const hint =
        near === null
          ? "`stint --help` lists the verbs"
          : `did you mean \`stint ${near}\`? To queue a command: stint submit -- ${verb} …`;
      ended = problem("USAGE", `Cannot run the verb "${verb}": there is none of that name`, hint);
    } else {
      // The build starts it reluctant to compile (see .config/build.ts). Most verbs are over before machine code pays for
      // itself; one that stays gets it as usual.
      Bun.unsafe.setJITPolicy(BRIEF_JIT_SCALE);
      setTimeout(() => Bun.unsafe.setJITPolicy(1), BRIEF_MS).unref();
      await program.parseAsync(hasVerb(given) ? [...given] : ["ls", ...given], { from: "user" });
    }
    return finish(context, { ended, codeOf });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : codeOf(ERRORS.USAGE);
    const errno = errnoOf(error);
    // What the system refuses (a folder without permission, a file in the place of one) is no bug of ours.
    if (errno !== null) {
      const gone = String(error).includes(homePath(context)) ? homeGone(homePath(context)) : null;
      return finish(context, {
        ended: gone ?? problemFromErrno(errno, `go on with \`stint ${verb}\``, error),
        codeOf,
      });
    }
    context.err(
      `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    context.err(
      "This is a bug in stint. The queue on disk is safe; what was being done may be incomplete.\n",
    );
    return codeOf(ERRORS.INTERNAL);
  }
}

function finish(context: Context, { ended, codeOf }: { ended: Ended; codeOf: CodeOf }): number {
  if (typeof ended === "number") return ended;
  context.err(renderProblem(ended));
  return codeOf(ERRORS[ended.code]);
}

/** The program with the called verb alone, or for its own help with the names of all; null where there is no such verb. */
async function assemble(
  context: Context,
  call: Call & { readonly end: (ended: Ended) => void },
): Promise<Command | null> {
  const { verb, given, words, end } = call;
  const isHelp = verb === "--help" || verb === "-h";
  const program = new Command("stint").description(
    "A job queue that is a folder: tasks run on this machine, every attempt is on record.",
  );
  // Whoever asks for it waits for what it takes to declare; no other does.
  if (isHelp || given.some(isVersionFlag)) program.version(packageJson.version);
  program
    .option("--home <dir>", "the folder that holds the queue (else STINT_HOME, else ~/.local/share/stint)")
    .helpCommand(false)
    .addHelpText("after", "\nA bare `stint` shows the queue. `stint VERB --help` tells more.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text),
      writeErr: (text) => context.err(text),
      // Commander's own suggestion has a line of its own.
      outputError: (text, write) => write(asLines(text.trimEnd().split(/\n(?=\(Did you mean )/))),
    });
  if (isVersionFlag(verb)) return program;
  if (isHelp) return withAllVerbs(program);
  const called = own(VERBS, verb);
  if (called === undefined) return null;
  const module = await called.load();
  const declared = <Kind extends Command>(command: Kind): Kind => {
    command
      .copyInheritedSettings(program)
      .summary(called.summary)
      .description(called.summary)
      .option("--home <dir>", "the folder that holds the queue")
      .showHelpAfterError("(`--help` tells more)");
    module.declare(command, { context, words, end });
    return command;
  };
  const brief = declared(new BriefCommand(verb, given));
  program.addCommand(brief.knowsAll ? brief : declared(new Command(verb)));
  return program;
}

function isVersionFlag(word: string): boolean {
  return word === "--version" || word === "-V";
}

function withAllVerbs(program: Command): Command {
  for (const [name, { summary, hidden }] of Object.entries(VERBS)) {
    program
      .command(name, { hidden: hidden ?? false })
      .summary(summary)
      .description(summary);
  }
  return program;
}

function hasVerb(given: readonly string[]): boolean {
  return verbIn(given) !== "ls" || given.includes("ls");
}

/** Takes `--home DIR` out of a command line, wherever it stands; the last one counts. */
function withoutHome(args: readonly string[]): { home: string | null; given: string[] } {
  const given: string[] = [];
  let home: string | null = null;
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    const next = args[index + 1];
    if (word.startsWith("--home=")) home = word.slice("--home=".length);
    else if (word === "--home" && next !== undefined) {
      home = next;
      index += 1;
    } else given.push(word);
  }
  // `stint help VERB` is what many type for `stint VERB --help`.
  if (given[0] === "help") given.splice(0, given.length, ...given.slice(1, 2), "--help");
  return { home, given };
}

/** The first word that is not an option of the program itself; `ls` where there is none. */
function verbIn(given: readonly string[]): string {
  const [first] = given;
  if (first === undefined) return "ls";
  if (["--help", "-h", "--version", "-V"].includes(first)) return first;
  return first.startsWith("-") ? "ls" : first;
}
