import { expect, test } from "bun:test";
import type { Context } from "../../../src/cli/context.ts";
import { Ends } from "../../../src/cli/text/ends.ts";
import { after, aTask, exited } from "../../rig/tasks.ts";

const TERMINAL = { isTerminal: true, hasColor: false } as Context;
const failed = (number: number, said: string) =>
  after(aTask({ number }), exited(1), { logTail: `ValueError: ${said}\n` });

test("of many tasks that fail alike a terminal gets the first few, and how many more there are", () => {
  const lines: string[] = [];
  const ends = new Ends(TERMINAL, { count: 200, print: (text) => lines.push(text) });
  for (let number = 1; number <= 150; number += 1) ends.tell(failed(number, "no such file"));
  ends.tell(failed(151, "another"));
  ends.finish();
  expect(lines.map((line) => line.replace(/ in \S+:/, ":"))).toEqual([
    "000001-train failed: exit 1: ValueError: no such file\n",
    "000002-train failed: exit 1: ValueError: no such file\n",
    "000003-train failed: exit 1: ValueError: no such file\n",
    "000151-train failed: exit 1: ValueError: another\n",
    "147 more failed alike: exit 1: ValueError: no such file\n",
    "failed: 151 tasks (1-151)\n",
  ]);
});

test("a pipe gets a line for each", () => {
  const lines: string[] = [];
  const ends = new Ends({ ...TERMINAL, isTerminal: false }, { count: 20, print: (text) => lines.push(text) });
  for (let number = 1; number <= 20; number += 1) ends.tell(failed(number, "x"));
  ends.finish();
  expect(lines).toHaveLength(20);
});
