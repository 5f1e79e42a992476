import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { directoryOf } from "../../../src/model/state.ts";
import type { Task } from "../../../src/model/task.ts";
import { recordText } from "../../../src/store/record.ts";
import { Stint } from "../../rig/stint.ts";
import { after, aTask, exited, NOW_MS, taskIn } from "../../rig/tasks.ts";
import { homeAt } from "../../rig/temp-home.ts";
import { TerminalRun } from "../../rig/terminal.ts";

/** Puts tasks into the home of a test. */
function put(stint: Stint, ...tasks: readonly Task[]): void {
  const layout = homeAt(stint.home);
  for (const task of tasks)
    writeFileSync(layout.record(directoryOf(task.status.state), task.metadata.id), recordText(task), {
      mode: 0o600,
    });
}

/** What a command line shows on a terminal. */
async function shownAt(
  stint: Stint,
  args: readonly string[],
  { columns, env = { NO_COLOR: "1" } }: { readonly columns: number; readonly env?: Record<string, string> },
): Promise<string> {
  const options = { env: { ...stint.env, ...env }, cwd: stint.root, columns };
  await using run = new TerminalRun([stint.executable, ...args], options);
  await run.exited;
  return run.written.replaceAll("\r\n", "\n");
}

/** The first words of the rows. */
const idsIn = (text: string): string[] =>
  text
    .split("\n")
    .slice(1)
    .flatMap((line) => /^\d+/.exec(line) ?? []);

const LOG = `Traceback (most recent call last):
  File "x.py", line 3, in <module>
ValueError: x must be positive, and -1 is not
`;
const NAME = "a-very-long-name-of-45-letters-for-this-task-x";
const ENDED = [
  after(aTask({ number: 1, name: NAME }), exited(1), {
    logTail: LOG,
  }),
  after(aTask({ number: 2, name: "ok" }), exited(0), { endedAtMs: NOW_MS + 192_000 }),
];

describe("the table of stint ls", () => {
  test("shows the last line of a failure, and fits into any terminal", async () => {
    await using stint = new Stint();
    put(stint, ...ENDED);
    expect(
      await shownAt(stint, ["ls", "--all"], { columns: 80 }),
    ).toBe(`ID  NAME                STATE      ATTEMPT  ELAPSED  REASON
2   ok                  completed  1        3m 12s   /bin/true
1   a-very-lo…s-task-x  failed     1        5s       exit 1: ValueError: x must…
`);
    expect(
      await shownAt(stint, ["ls", "--all"], { columns: 60 }),
    ).toBe(`ID  NAME           STATE      ELAPSED  REASON
2   ok             completed  3m 12s   /bin/true
1   a-very…task-x  failed     5s       exit 1: ValueError: …
`);
    for (const columns of [20, 40, 120])
      for (const flags of [[], ["--wide"]])
        expect(
          (await shownAt(stint, ["ls", ...flags], { columns }))
            .split("\n")
            .filter((line) => Bun.stringWidth(line) > columns),
        ).toEqual([]);
  });

  test("leaves out the columns of --wide in which no row has a value", async () => {
    await using stint = new Stint();
    put(stint, ...ENDED);
    const titles = async (): Promise<string> =>
      (await shownAt(stint, ["ls", "--wide"], { columns: 120 })).split("\n")[0]?.replaceAll(/ +/g, " ") ?? "";
    expect(await titles()).toBe("ID NAME STATE ATTEMPT ELAPSED SUBMITTED REASON");
    put(stint, aTask({ number: 3, spec: { priority: 7 } }));
    expect(await titles()).toBe("ID NAME STATE ATTEMPT ELAPSED PRIORITY SUBMITTED REASON");
  });

  test("tells in a tree what a finished task ran, before its other parents", async () => {
    await using stint = new Stint();
    const [first, second] = [after(aTask({ number: 1 }), exited(0)), after(aTask({ number: 2 }), exited(0))];
    const parents = [first, second].map(({ metadata }) => ({ task: metadata.id, when: "any" as const }));
    put(stint, first, second, after(aTask({ number: 3, spec: { after: parents } }), exited(0)));
    expect(await stint.ok("ls", "--tree")).toMatch(/^3 .* \/bin\/true; also after 1$/m);
  });

  test("is whole in a pipe, without colours there and with NO_COLOR", async () => {
    await using stint = new Stint();
    put(stint, ...ENDED);
    const { out } = await stint.run(["ls", "--all", "--wide"], { env: { TERM: "xterm", COLUMNS: "40" } });
    expect(out).toMatch(/^ID +NAME +STATE +ATTEMPT +ELAPSED +GPU +PRIORITY +SUBMITTED +REASON$/m);
    expect(out).toMatch(
      new RegExp(
        `^1 +${NAME} +failed +1 +5s +- +0 +2026-01-0[123] \\d\\d:\\d\\d +exit 1: ValueError: x must be positive, and -1 is not$`,
        "m",
      ),
    );
    expect(await shownAt(stint, ["ls"], { columns: 80 })).not.toContain("\u001b");
    const painted = await shownAt(stint, ["ls"], { columns: 80, env: { NO_COLOR: "" } });
    expect(painted).toContain("\u001b[31mfailed\u001b[0m");
  });

  test("lists running tasks, queued ones in the order of their starts, and what ended last", async () => {
    await using stint = new Stint();
    put(
      stint,
      aTask({ number: 1, spec: { hold: true } }),
      taskIn("running", { number: 2 }),
      aTask({ number: 3 }),
      aTask({ number: 4, spec: { priority: 9 } }),
      aTask({ number: 5, spec: { notBefore: "2999-01-01T00:00:00.000Z" } }),
      after(aTask({ number: 6 }), exited(0), { endedAtMs: NOW_MS + 9_000 }),
      after(aTask({ number: 7 }), exited(0), { endedAtMs: NOW_MS + 1_000 }),
    );
    expect(idsIn(await stint.ok("ls"))).toEqual(["2", "4", "3", "5", "1", "6", "7"]);
    const listed = JSON.parse(await stint.ok("ls", "--json")) as Task[];
    expect(listed.map(({ metadata }) => metadata.number)).toEqual([2, 4, 3, 5, 1, 7, 6]);
  });

  test("tells the failed members of a sweep first", async () => {
    await using stint = new Stint();
    const member = (index: number) =>
      ({
        metadata: { group: { id: 1, name: "s", index, size: 6, values: {} } },
        number: index,
        name: `s-${index}`,
      }) as const;
    put(
      stint,
      taskIn("failed", member(1)),
      taskIn("completed", member(2)),
      ...[3, 4, 5, 6].map((index) => aTask(member(index))),
      after(aTask({ number: 7 }), exited(0)),
    );
    expect(await stint.ok("ls")).toMatch(/^1-6 +s +queued +- +.+ +sweep: 1 failed, 4 queued, 1 completed$/m);
  });

  test("says how many failed tasks it does not show, and -q and selectors say nothing", async () => {
    await using stint = new Stint();
    const ended = (number: number, code: number, seconds: number): Task =>
      after(aTask({ number }), exited(code), { endedAtMs: NOW_MS + seconds * 1_000 });
    put(stint, ...[1, 2, 3].map((number) => ended(number, number === 2 ? 0 : 1, number)));
    put(
      stint,
      ...Array.from({ length: 10 }, (_, index) => ended(index + 4, index === 9 ? 1 : 0, index + 10)),
    );
    const { err } = await stint.run(["ls"]);
    expect(err).toBe("\n2 more failed tasks: stint ls --failed\n");
    expect((await stint.run(["ls", "-n", "12"])).err).toBe("\n1 more failed task: stint ls --failed\n");
    for (const args of [["--all"], ["-q"], ["--failed"], ["--json"]])
      expect((await stint.run(["ls", ...args])).err).toBe("");
  });
});

describe("what a listing leaves out", () => {
  const queued = (number: number): Task => aTask({ number, spec: { hold: true } });
  const failedTask = (number: number): Task => after(aTask({ number }), exited(1));

  test("is said below it: unfinished tasks, and older ones with the cursor that goes on", async () => {
    await using stint = new Stint();
    put(stint, ...Array.from({ length: 103 }, (_, index) => failedTask(index + 1)));
    put(stint, queued(201), queued(202), queued(203));
    const all = await stint.run(["ls", "--failed"]);
    expect(idsIn(all.out)).toHaveLength(100);
    expect(all.err).toStartWith("\nolder tasks: add --cursor 4\n");
    const rest = await stint.run(["ls", "--failed", "--cursor", "4"]);
    expect(idsIn(rest.out)).toEqual(["3", "2", "1"]);
    expect(rest.err).not.toContain("older tasks");
    const few = await stint.run(["ls", "--all", "--limit", "2"]);
    expect(idsIn(few.out)).toEqual(["201", "202"]);
    expect(few.err).toContain("\n1 more unfinished task: add --limit 3\n");
    expect((await stint.run(["ls", "--json", "-n", "1"])).err).toContain("2 more unfinished tasks");
    expect((await stint.run(["ls", "--json"])).err).toBe("");
  });

  test("is not what ended beside a large sweep: its ended members are one row", async () => {
    await using stint = new Stint();
    const group = { id: 3, name: "sweep", size: 120, values: {} };
    const member = (number: number): Task =>
      taskIn(number === 9 ? "failed" : number < 6 ? "completed" : "cancelled", {
        number,
        metadata: { group: { ...group, index: number - 2 } },
      });
    put(stint, ...ENDED, ...Array.from({ length: 119 }, (_, index) => member(index + 3)));
    const lines = (await stint.ok("ls")).split("\n");
    expect(idsIn(lines.join("\n")).toSorted()).toEqual(["1", "2", "3"]);
    expect(lines.find((line) => line.startsWith("3-"))).toMatch(
      /^3-122 +sweep +failed +- +- +sweep: 1 failed, 3 completed, 115 cancelled, 1 cleaned up$/,
    );
    expect(await stint.ok("ls", "--sort", "id")).toContain("3-122");
    expect(idsIn(await stint.ok("ls", "--failed"))).toEqual(["9", "1"]);
  });
});

test("the names of a narrow terminal get the room of a column that says nothing", async () => {
  await using stint = new Stint();
  put(stint, ...ENDED);
  const shown = await shownAt(stint, ["ls"], { columns: 60 });
  expect(shown).toStartWith("ID  NAME");
  expect(shown).not.toContain("ATTEMPT");
  expect(shown).toContain("a-very…task-x");
  put(stint, after({ ...aTask({ number: 3 }), status: { ...aTask().status, attempt: 1 } }, exited(0)));
  expect(await shownAt(stint, ["ls"], { columns: 60 })).toContain("ATTEMPT");
});
