import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Runs a program on a terminal of its own, which knows no width, and passes on what it shows. */
const ON_TERMINAL = ["python3", "-c", "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)"];

/** Moves to the first column and clears the line. */
const CLEAR = "\u001b[1G\u001b[K";

/** Every line that a progress line was, in their order. */
function linesOf(shown: string): string[] {
  return shown.split(CLEAR).filter((line) => line.includes(" left,"));
}

test("a message on a terminal removes the line of progress first", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "job", "--", "true");
  const { code, out } = await stint.run(["wait", "1", "--timeout", "1s"], { under: ON_TERMINAL });
  expect(code).toBe(124);
  const shown = out.replaceAll("\r\n", "\n");
  const line = "1 of 1 left, 0 running";
  expect(shown).toStartWith(`${CLEAR}${line}${CLEAR}stint: no supervisor is running`);
  expect(shown).toEndWith(`${CLEAR}${line}${CLEAR}stint: still waiting after 1s, giving up\n`);
});

test.each([
  ["drain", []],
  ["down", ["--drain"]],
] as const)(
  "%s on a terminal shows progress, and whole words where the width is unknown",
  async (verb, flags) => {
    await using stint = new Stint();
    const job = (name: string): readonly string[] => [
      "submit",
      "--name",
      name,
      "--",
      "sh",
      "-c",
      `until test -e $HOME/${name}; do sleep 0.02; done`,
    ];
    if (verb === "down") await stint.up("--jobs", "2");
    for (const name of ["first", "second"]) await stint.ok(...job(name));
    if (verb === "down") for (const number of [1, 2]) await stint.reach(number, "running");
    const child = stint.start([verb, ...flags, ...(verb === "drain" ? ["--jobs", "2"] : [])], {
      under: ON_TERMINAL,
    });
    let shown = "";
    const reading = child.stdout.pipeTo(
      new WritableStream({ write: (bytes) => void (shown += new TextDecoder().decode(bytes)) }),
    );
    const says = async (line: string): Promise<void> =>
      until(`it says ${line}`, () => linesOf(shown).includes(line), { describe: () => shown });
    await says("2 of 2 left, 2 running: first, second");
    writeFileSync(join(stint.root, "first"), "");
    await says("1 of 2 left, 1 running: second");
    writeFileSync(join(stint.root, "second"), "");
    expect(await child.exited).toBe(0);
    await reading;
    expect(shown).toContain(verb === "drain" ? "nothing is left to do" : "supervisor stopped");
  },
);

test("many tasks are one line on a terminal, and a line each in a pipe", async () => {
  await using stint = new Stint();
  const on = async (...args: string[]): Promise<string> =>
    (await stint.run(args, { under: ON_TERMINAL })).out.replaceAll("\r\n", "\n");
  expect(await on("submit", "--hold", "--matrix", "n=1-12", "--", "true", "${{ matrix.n }}")).toStartWith(
    "queued 12 tasks (1-12)\n",
  );
  expect(await on("cancel", "2", "5-12")).not.toContain("tasks (");
  expect(await on("retry", "2", "5-12")).not.toContain("tasks (");
  expect(await on("cancel", "--all")).toContain("cancelled 12 tasks (1-12)\n");
  expect((await stint.ok("retry", "1-12")).split("\n")).toHaveLength(12);
});

test("without a supervisor, what makes a task ready says on a terminal that nothing starts", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--name", "held", "--", "true");
  await stint.ok("submit", "--hold", "--name", "off", "--", "true");
  await stint.ok("cancel", "off");
  await stint.ok("schedules", "add", "--name", "rare", "--every", "30d", "--", "true");
  for (const line of ["submit -- true", "release held", "retry off", "schedules run rare"]) {
    const { out } = await stint.run(line.split(" "), { under: ON_TERMINAL });
    expect([line, out]).toEqual([line, expect.stringContaining("No supervisor is running: nothing starts.")]);
  }
  expect(await stint.run(["release", "--all"])).toMatchObject({
    code: 0,
    err: expect.not.stringContaining("No"),
  });
});

test("of many tasks that are waited for, a terminal shows failures and a line for each state, a pipe a line each", async () => {
  await using stint = new Stint();
  const on = async (...args: string[]): Promise<string> =>
    (await stint.run(args, { under: ON_TERMINAL })).out.replaceAll("\r\n", "\n").replaceAll(CLEAR, "\n");
  const oddOne = ["--", "sh", "-c", "test ${{ matrix.n }} != 2"];
  const ended = (shown: string): string[] =>
    shown.split("\n").filter((line) => /completed|failed/.test(line));
  const ran = ended(await on("run", "--jobs", "12", "--matrix", "n=1-12", ...oddOne));
  expect(ran[0]).toMatch(/^000002-test-2-2 .*failed.*: exit 1/);
  expect(ran.slice(1).toSorted()).toEqual(["completed: 11 tasks (1, 3-12)", "failed: 1 task (2)"]);
  await stint.up("--jobs", "12");
  const [failure, ...sums] = ended(await on("submit", "--wait", "--matrix", "n=1-12", ...oddOne));
  expect(failure).toContain("000014-test-2-2");
  expect(sums.toSorted()).toEqual(["completed: 11 tasks (13, 15-24)", "failed: 1 task (14)"]);
  const hold = ["submit", "--hold", "--matrix", "n=1-12", "--", "true"];
  await stint.ok(...hold);
  await stint.ok("release", "25-36");
  expect(await on("wait", "25-36")).toEndWith("completed: 12 tasks (25-36)\n");
  expect((await stint.ok("wait", "25-36")).split("\n")).toHaveLength(12);
});

test("logs -f of tasks that are queued says on a terminal what they wait for, and nothing to a pipe", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--name", "held", "--", "true");
  const child = stint.start(["logs", "-f", "1"], { under: ON_TERMINAL });
  let shown = "";
  for await (const bytes of child.stdout) {
    shown += new TextDecoder().decode(bytes);
    if (shown.includes("\n")) break;
  }
  expect(shown).toBe("stint: 000001-held is queued: held\r\n");
  child.kill("SIGKILL");
  await child.exited;
  const piped = stint.start(["logs", "-f", "1"]);
  await stint.ok("cancel", "1");
  expect([await piped.exited, await new Response(piped.stderr).text()]).toEqual([0, ""]);
});
