import { type BoundedEnd, runBounded } from "../../lib/bounded-process.ts";
import { formatDuration } from "../../lib/duration.ts";
import { err, ok, type Result } from "../../lib/result.ts";

/** A call of git in a folder. */
export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Variables;
  /** Set for this call alone. */
  readonly set?: Variables;
  readonly timeoutMs: number;
  /** The path of a file that is its standard input. */
  readonly input?: string;
}

type Variables = Readonly<Record<string, string>>;

/** Why git gave no answer; `text` is a clause for a sentence. */
export interface GitFault {
  readonly why: "missing" | "distrusts" | "slow" | "failed";
  readonly text: string;
}

/** Of one call: the names of a million files are more than anyone reads. */
const MAX_OUTPUT_BYTES = 64 * 1_024 * 1_024;
const MAX_MESSAGE_LENGTH = 300;

/** Set by a hook or a script that submits: they mean the repository that these work on. */
const OF_ANOTHER_CALL = new Set([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_PREFIX",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_GRAFT_FILE",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_EXTERNAL_DIFF",
  "GIT_TRACE",
]);

/**
 * No hook runs, no daemon is started, nothing is collected in the background, and no index is shared with that of the user. Objects are
 * synced, so that a snapshot outlives a power cut as the task does.
 */
const CONFIG = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.splitIndex": "false",
  "core.quotePath": "false",
  "core.safecrlf": "false",
  "core.logAllRefUpdates": "false",
  "core.fsync": "loose-object,reference",
  "core.fsyncMethod": "batch",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "advice.addEmbeddedRepo": "false",
};

/** Runs git, and gives its standard output. It cannot hang: at its timeout it is killed with all that it started. */
export async function git(call: GitCall): Promise<Result<string, GitFault>> {
  const { args, cwd, env, timeoutMs, set = {}, input } = call;
  const program = Bun.which("git", { PATH: env["PATH"] ?? "" });
  if (program === null) return err({ why: "missing", text: "git is not installed" });
  const config = Object.entries(CONFIG).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const end = await runBounded({
    argv: [program, "--no-optional-locks", "--literal-pathspecs", ...config, ...args],
    cwd,
    env: {
      ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ANOTHER_CALL.has(name))),
      // Its messages are read below.
      LC_ALL: "C",
      GIT_TERMINAL_PROMPT: "0",
      ...set,
    },
    timeoutMs,
    outputBytes: MAX_OUTPUT_BYTES,
    ...(input !== undefined && { input }),
  });
  return answerOf(end, call);
}

function answerOf(end: BoundedEnd, { args, timeoutMs }: GitCall): Result<string, GitFault> {
  const verb = `git ${args.find((word) => !word.startsWith("-")) ?? ""}`.trim();
  switch (end.how) {
    case "ended":
      return end.code === 0 ? ok(end.out) : err(refusalOf(end.err, verb));
    case "hung":
      return err({ why: "slow", text: `${verb} took longer than ${formatDuration(timeoutMs)}` });
    case "aborted":
      return err({ why: "failed", text: `${verb} was ended` });
    case "notStarted":
      return err({ why: "failed", text: `git could not be started: ${end.error}` });
  }
}

function refusalOf(text: string, verb: string): GitFault {
  if (text.includes("dubious ownership"))
    return { why: "distrusts", text: "git does not trust the tree, which belongs to another user" };
  const lines = text.trim().split("\n");
  const line =
    lines.find((one) => one.startsWith("fatal: ")) ?? lines.find((one) => one.startsWith("error: "));
  const said = (line ?? lines[0] ?? "").replace(/^(?:fatal|error): /, "");
  return { why: "failed", text: `${verb} failed: ${said.slice(0, MAX_MESSAGE_LENGTH)}` };
}
