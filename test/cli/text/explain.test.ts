import { describe, expect, test } from "bun:test";
import { explainTask } from "../../../src/cli/text/explain.ts";
import { explainAlike, likenessOf } from "../../../src/cli/text/explain-alike.ts";
import { byCause, groupLines } from "../../../src/cli/text/explain-failure.ts";
import { styleFor } from "../../../src/cli/text/style.ts";
import { taskRow } from "../../../src/cli/text/task-row.ts";
import { shortWait } from "../../../src/cli/text/wait.ts";
import { withoutSearchPath } from "../../../src/model/failure-text.ts";
import { makeTaskId } from "../../../src/model/identity.ts";
import type { Task } from "../../../src/model/task.ts";
import type { Wait } from "../../../src/plan/waiting.ts";
import { after, aStop, aTask, exited, killedBy, NOW_MS, taskIn } from "../../rig/tasks.ts";

const NEVER = { restart: { policy: "never", intervalMs: 0 } } as const;

function explain(task: Task, ...waits: Wait[]): string {
  return explainTask(task, { nowMs: NOW_MS + 60_000, waits, holders: new Map() }).join("\n");
}

function failedWith(logTail: string, number = 1): Task {
  const task = aTask({ number, spec: NEVER });
  return after(task, exited(1), { logTail, logBytes: logTail.length });
}

describe("explainTask() of an ended service", () => {
  test("says why a service was stopped", () => {
    const task = aTask({ spec: { ...NEVER, service: { ports: { main: 0 } } } });
    const stopped = after(task, exited(0), { stop: aStop({ reason: "Idle" }) });
    expect(explain(stopped)).toMatch(/^train ended after \S+: stopped, as it was not used any more\n/);
    const layout = { nowMs: NOW_MS, style: styleFor(false), isWide: false };
    const row = taskRow(stopped, { branches: "", note: "", wait: "", progress: null }, layout);
    expect(row.at(-1)).toBe("stopped, as it was not used any more");
    expect(explain(after(task, exited(0)))).toStartWith("train succeeded");
  });
});

describe("explainTask() of a failed task", () => {
  test("begins with the verdict, then the log, then what to do", () => {
    expect(explain(failedWith("step 1\nValueError: x is 3\n"))).toBe(
      [
        "train failed: exit 1: ValueError: x is 3; not retried",
        "  000001-train, ended 55s ago",
        "",
        "Log:",
        "  | step 1",
        "  | ValueError: x is 3",
        "",
        "EXIT_NONZERO (job): the program exited with an error (rule: exit:nonzero).",
        "What to do: read the log (`stint logs 1`), fix the program, then `stint retry 1`.",
        "Whole log: stint logs 1   About this failure: stint help EXIT_NONZERO",
      ].join("\n"),
    );
  });

  test.each([
    "/home/ada/runs/1/script: line 3: mkdirr: command not found",
    "/home/ada/runs/1/script: 3: mkdirr: not found",
    "/bin/sh: line 3: mkdirr: not found",
    "zsh:3: command not found: mkdirr",
  ])("quotes a shell that did not find a command, also where it went on: %s", (said) => {
    const steps = Array.from({ length: 9 }, (_, index) => `step ${index}`);
    const log = [said, ...steps].join("\n");
    expect(explain(failedWith(log))).toStartWith(
      `train failed: exit 1: the log ends with "step 8"; not retried\n  000001-train, ended 55s ago\n  the shell went on after: ${said}\n`,
    );
    const task = after(aTask({ spec: NEVER }), exited(127), { logTail: log, logBytes: log.length });
    expect(explain(task)).toStartWith(`train failed: exit 127: ${said}; not retried\n`);
    expect(explain(task)).not.toContain("went on");
    expect(explain(failedWith(`grep: mkdirr: not found here\n${steps.join("\n")}`))).not.toContain(
      "the shell",
    );
  });

  test("says of a script that succeeded what its shell did not find", () => {
    const said = "/home/ada/runs/1/script: line 4: module: command not found";
    const text = explain(after(aTask({ spec: NEVER }), exited(0), { logTail: `${said}\nargs:\n` }));
    expect(text).toStartWith("train succeeded after ");
    expect(text).toContain(`\n  the shell went on after: ${said}\n\`module\` belongs to a cluster`);
  });

  test("says of a timeout how long it ran", () => {
    const task = aTask({ spec: { ...NEVER, timeoutMs: 1_000 } });
    const ended = after(task, killedBy("SIGTERM"), { stop: aStop({ reason: "Timeout" }) });
    expect(explain(ended)).toStartWith("train failed: timed out after 1s; not retried\n");
    expect(explain(ended)).toContain("raise it with `stint retry 1 --set timeout=…`, or");
  });

  test("lists several attempts, each in a line", () => {
    let task = aTask({ spec: { retry: { ...aTask().spec.retry, maxAttempts: 2, scope: "any" } } });
    for (const code of [3, 4]) task = after(task, exited(code));
    const text = explain(task);
    expect(text).toContain("train failed: exit 4: no output; gave up after 2 attempts");
    expect(text).toMatch(/Attempts:\n {2}1 .* exit 3: no output\n {2}2 .* exit 4: no output\n/);
  });
});

test("failed tasks are grouped where only numbers in their failure differ, the largest group first", () => {
  const tasks = [
    failedWith("OSError: disk", 9),
    ...[1, 2, 3, 7].map((number) => failedWith(`ValueError: x is ${number}`, number)),
  ];
  const groups = byCause(tasks);
  expect(groups.map((group) => group.map(({ metadata }) => metadata.number))).toEqual([[1, 2, 3, 7], [9]]);
  const text = groupLines(groups[0] ?? [], NOW_MS).join("\n");
  expect(text).toStartWith("4 tasks failed: exit 1: ValueError: x is 7; not retried\n  tasks 1-3, 7\n");
  expect(text).toContain(
    "What to do: read the log (`stint logs 7`), fix the program, then `stint retry 1-3 7`.",
  );
  expect(text).not.toContain("Retry all of them");
});

describe("explainTask() of a queued task", () => {
  test.each<[Wait, string]>([
    [{ type: "held" }, "It is held: it starts once released.\nRelease it: stint release 1"],
    [
      { type: "lane", slot: "gpu", limit: 1, before: [aTask({ number: 7 }).metadata.id] },
      'Waiting in lane "gpu" (limit 1) behind 000007-train.\nRaise the limit: stint jobs --lane gpu=2, or concurrency: {slots: {gpu: 2}} in config.yaml',
    ],
    [
      { type: "permit", key: "label team=a", limit: 1 },
      "Waiting: label team=a is at its limit of 1 running task.\nRaise the limit: stint jobs --label team=a=2",
    ],
    [
      { type: "unsupervised" },
      "No supervisor is running: nothing starts.\nStart one: stint up --detach (or run everything once: stint drain)",
    ],
  ])("%j", (wait, text) => {
    expect(explain(taskIn("queued"), wait)).toBe(`000001-train is queued.\n${text}`);
  });
});

test("parents that ended in the same way are told together, with one command for all", () => {
  const parents = [4, 5, 6, 9].map((number) => ({
    task: makeTaskId(number, "eval"),
    when: "success" as const,
    state: number === 9 ? ("cancelled" as const) : ("failed" as const),
  }));
  const wait: Wait = { type: "dependency", parents };
  expect(explain(taskIn("queued"), wait).split("\n").slice(1)).toEqual([
    "Waiting for 3 tasks (4-6) to succeed, but each failed.",
    "Retry them: stint retry 4-6   or cancel this one: stint cancel 1",
    "Waiting for 000009-eval to succeed, but it was cancelled.",
    "Retry the parent: stint retry 9   or cancel this one: stint cancel 1",
  ]);
  expect(shortWait(wait, NOW_MS)).toBe("waits for 000004-eval and 2 others, which failed");
});

test("a row of the attempts does not repeat the value of PATH", () => {
  const text = 'Cannot start "x": not found in PATH (/usr/bin:/bin), wanted an installed program';
  expect(withoutSearchPath(text)).toBe('Cannot start "x": not found in PATH, wanted an installed program');
  expect(withoutSearchPath("exit 1: x: not found in PATH (a)")).toBe("exit 1: x: not found in PATH (a)");
});

describe("several tasks that are alike", () => {
  const held: Wait[] = [{ type: "held" }];
  const around = { nowMs: NOW_MS, holders: new Map() };

  test("are explained once, with their numbers in the commands", () => {
    const tasks = [1, 2, 5].map((number) => ({ ...taskIn("queued"), metadata: aTask({ number }).metadata }));
    expect(new Set(tasks.map((task) => likenessOf(task, held))).size).toBe(1);
    expect(explainAlike(tasks, { ...around, waits: held })).toEqual([
      "3 tasks are queued.",
      "  tasks 1-2, 5",
      "They are held: they start once released.",
      "Release them: stint release 1-2 5",
    ]);
  });

  test("have the same reasons, wherever they are in the queue, and no attempt to tell of", () => {
    const room = { type: "room", short: [], keptFor: null, isHopeless: false } as const;
    const task = taskIn("queued");
    expect(likenessOf(task, [{ ...room, ahead: 1 }])).toBe(likenessOf(task, [{ ...room, ahead: 2 }]));
    expect(likenessOf(task, [...held, { type: "unsupervised" }])).not.toBe(likenessOf(task, held));
    expect(likenessOf(failedWith("x"), [])).toBeNull();
  });

  test("that completed are told with the spread of their times", () => {
    const tasks = [1, 2].map((number) =>
      after(aTask({ number }), exited(0), { endedAtMs: NOW_MS + number * 60_000 }),
    );
    expect(explainAlike(tasks, { ...around, waits: [] })[0]).toMatch(/^2 tasks succeeded after \S+ to \S+$/);
  });
});
