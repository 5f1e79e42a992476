import { expect, test } from "bun:test";
import { absenceTeller, tellOfAbsences } from "../../src/desk/absences.ts";
import type { Kind } from "../../src/model/kind.ts";
import { fakeClock } from "../rig/clock.ts";
import { aDraft, aSpec, aTask } from "../rig/tasks.ts";

type Subprocess = Extract<Kind, { type: "subprocess" }>;

function told(...changes: Partial<Subprocess>[]): string[] {
  const lines: string[] = [];
  const drafts = changes.map((change) => {
    const kind = { ...(aSpec().kind as Subprocess), ...change };
    return aDraft({ spec: aSpec({ kind }) });
  });
  tellOfAbsences({ env: { PATH: "/usr/bin:/bin" }, err: (text) => lines.push(text) }, drafts);
  return lines;
}

const run = (command: string, ...args: string[]): Partial<Subprocess> => ({
  mode: { type: "command", command, args },
});

test("a program and a folder that exist are not mentioned", () => {
  expect(
    told({}, run("sh", "-c", ":"), { mode: { type: "script", runtime: "sh", body: ":", args: [] } }),
  ).toEqual([]);
});

test("a missing program or folder is reported once, and of many only the first", () => {
  const [line, ...others] = told({ cwd: "/nowhere" }, { cwd: "/nowhere" });
  expect(line).toStartWith(
    'stint: queued, although it could not start now: Cannot enter "/nowhere": does not exist',
  );
  expect(others).toEqual([]);
  const many = told(...Array.from({ length: 9 }, (_, index) => ({ cwd: `/nowhere/${index}` })));
  expect(many).toHaveLength(4);
  expect(many.at(-1)).toBe("stint: and 6 more of that kind\n");
});

test("a program is searched for in the PATH that the job will have", () => {
  expect(told(run("no-such-program"))[0]).toContain('Cannot start "no-such-program": not found in PATH');
  const env = { PATH: "/nowhere" };
  expect(told({ ...run("sh"), env, environment: { policy: "inherit" } })[0]).toContain(
    "not found in PATH (/nowhere)",
  );
  expect(told(run("sh", "/nowhere/job.sh"))[0]).toContain('Cannot run "/nowhere/job.sh" with sh');
});

test("a caller that waits is told once, and only of tasks that are still queued after a while", () => {
  const lines: string[] = [];
  const clock = fakeClock();
  const tell = absenceTeller({ env: { PATH: "/usr/bin" }, err: (text) => lines.push(text), clock });
  const kind = { ...(aSpec().kind as Subprocess), ...run("no-such-program") };
  const open = [aTask({ spec: aSpec({ kind }) })];
  tell(open);
  expect(lines).toEqual([]);
  clock.advance(10_000);
  tell(open);
  tell(open);
  expect(lines).toHaveLength(1);
});
