import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, Stint } from "../rig/stint.ts";

const FULL = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
const ON_TERMINAL = ["python3", "-c", "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)"];

/** Runs a command line with a standard output that takes nothing. */
async function intoFull(stint: Stint, ...args: readonly string[]): Promise<Ran> {
  return stint.run(args, { under: FULL });
}

describe("a full disk behind standard output", () => {
  test("is reported with the ids of the tasks that were queued, and never as a refusal", async () => {
    await using stint = new Stint();
    const { code, err } = await intoFull(stint, "submit", "--name", "job", "--", "false");
    expect(code).toBe(74);
    expect(err).toContain("[OUTPUT_LOST]\n000001-job\n");
    expect(err).not.toContain("again");
    expect(stint.record(1).status.state).toBe("queued");
    for (const [args, expected] of [
      [["hold", "1"], "000001-job held\n"],
      [["release", "1"], "000001-job released\n"],
      [["set", "1", "priority=7"], "000001-job changed: priority 0 → 7\n"],
      [["cancel", "1"], "000001-job cancelled\n"],
      [["retry", "1"], "000001-job queued\n"],
    ] as const) {
      const ran = await intoFull(stint, ...args);
      expect([args[0], ran.code, ran.err.split("[OUTPUT_LOST]\n")[1]]).toEqual([args[0], 74, expected]);
    }
    expect((await intoFull(stint, "ls")).code).toBe(74);
  });

  test("is told like one that was closed at the start, and what throws all away is neither", async () => {
    await using stint = new Stint();
    const submit = ["submit", "--name", "job", "--", "true"];
    const closed = await stint.run(submit, { under: ["sh", "-c", 'exec "$0" "$@" >&-'] });
    expect([closed.code, closed.err]).toEqual([74, expect.stringContaining("[OUTPUT_LOST]\n000001-job\n")]);
    const thrown = await stint.run(submit, { under: ["sh", "-c", 'exec "$0" "$@" >/dev/null'] });
    expect([thrown.code, thrown.err]).toEqual([0, ""]);
  });

  test("does not end a run that mirrors its task", async () => {
    await using stint = new Stint();
    const ran = await intoFull(stint, "run", "--name", "job", "--", "echo", "hi");
    expect(ran.code).toBe(125);
    expect(ran.err).toContain("000001-job completed");
    expect(stint.record(1).status.state).toBe("completed");
    expect((await intoFull(stint, "run", "--", "sh", "-c", "echo hi; exit 3")).code).toBe(3);
    expect((await intoFull(stint, "logs", "-f", "1")).code).toBe(74);
  });
});

describe("a reader that goes away", () => {
  /** Runs a command line into a program that reads one line of it; its exit code, and that line. */
  const intoHead = async (stint: Stint, ...args: readonly string[]): Promise<Ran> =>
    stint.run(args, { under: ["bash", "-c", '"$@" | head -n 1; exit ${PIPESTATUS[0]}', "bash"] });

  test("is no failure, and the command completes its work", async () => {
    await using stint = new Stint();
    const tasks = Array.from({ length: 40 }, () => 'name: job\ncommand: ["true"]\nhold: true\n');
    expect((await stint.run(["submit", "-"], { input: tasks.join("---\n") })).code).toBe(0);
    const { code, out, err } = await intoHead(stint, "set", "1-40", "priority=7");
    expect([code, out, err]).toEqual([0, "000001-job changed: priority 0 → 7\n", ""]);
    expect(stint.records().filter(({ spec }) => spec["priority"] !== 7)).toEqual([]);
    expect((await intoHead(stint, "ls", "--all")).code).toBe(0);
  });

  test("ends a command that only prints, and not one that runs a task", async () => {
    await using stint = new Stint();
    const job = "echo begun; until test -e $HOME/end; do echo more; sleep 0.02; done; exit 3";
    const running = intoHead(stint, "run", "--", "sh", "-c", job);
    await stint.reach(1, "running");
    expect(await intoHead(stint, "logs", "-f", "1")).toMatchObject({ code: 0, out: "begun\n" });
    writeFileSync(join(stint.root, "end"), "");
    expect(await running).toMatchObject({ code: 3, out: "begun\n" });
  });
});

test("a terminal receives only the colours of a job's output, and they are reset at its end; a pipe receives everything", async () => {
  await using stint = new Stint();
  const written = "\u001b]0;title\u0007\u001b[31mred\n";
  await stint.run(["run", "-q", "--", "printf", "%b", String.raw`\033]0;title\a\033[31mred\n`]);
  const onTerminal = async (...args: string[]): Promise<string> => {
    const { out } = await stint.run(args, { under: ON_TERMINAL });
    return out.replaceAll("\r\n", "\n");
  };
  for (const flags of [[], ["-f"], ["--tail", "1"]])
    expect(await onTerminal("logs", "1", ...flags)).toBe("\u001b[31mred\n\u001b[0m");
  expect(await onTerminal("logs", "1", "--raw")).toBe(written);
  expect((await stint.run(["logs", "1"])).out).toBe(written);
});

test("no view prints control sequences of a log", async () => {
  await using stint = new Stint();
  await stint.run([
    "run",
    "-q",
    "--",
    "sh",
    "-c",
    String.raw`printf '\033]0;title\a\033[8mhidden\n' >&2; exit 1`,
  ]);
  const { out } = await stint.run(["show", "1"], { under: ON_TERMINAL });
  expect(out).toContain("hidden");
  expect(out.split("\u001b").filter((part, index) => index > 0 && !/^\[(?!8)\d*m/.test(part))).toEqual([]);
});
