import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const JOBS = 50;

/** What takes long to read, or to refuse, each in a file of its own. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["stars", `run: "true"\nhold: true\nenvFrom: { env: ["${"*".repeat(26)}b"] }\n`],
  ["placeholders", `run: "echo ${"{{a}}".repeat(20_000)}"\nhold: true\nmatrix: { a: [1, 2] }\n`],
  ["documents", 'run: "true"\nhold: true\n---\n'.repeat(20_000)],
  [
    "sweep",
    'run: "echo {{a}} {{b}}"\nhold: true\nmatrix: { a: { from: 1, to: 40 }, b: { from: 1, to: 40 } }\n',
  ],
];

/** Puts files into the inbox, each whole and at once. */
function drop(stint: Stint, files: readonly (readonly [string, string])[]): void {
  const aside = join(stint.root, "aside");
  mkdirSync(aside, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(aside, name), text);
  for (const [name] of files) renameSync(join(aside, name), join(stint.home, "inbox", `${name}.yaml`));
}

const inInbox = (stint: Stint): number =>
  stint.files("inbox").filter((name) => name.endsWith(".yaml")).length + stint.files("inbox/.taking").length;

test("timeouts are kept and jobs are started while large and hostile input arrives", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", String(JOBS + 10));
  await stint.run(["submit", "-"], { input: Array(JOBS).fill('run: "sleep 600"\n').join("---\n") });
  await until("all of them run", () => stint.files("running").length === JOBS);
  const many = Array.from({ length: 3_000 }, (_, index): [string, string] => [
    `m${index}`,
    `name: m${index}\nrun: "true"\nhold: true\n`,
  ]);
  drop(stint, HOSTILE);
  drop(stint, many);
  const late = 'name: late\nrun: "sleep 600"\ntimeout: 200ms\nstopGrace: 1s\n';
  await stint.run(["submit", "-"], { input: `run: "true"\nname: other\n---\n${late}` });
  const isOver = (): boolean => stint.files("done").length + stint.files("dead-letter").length === 2;
  await until("one has ended, and the time of the other is over", isOver, { deadlineMs: 60_000 });
  const leftThen = inInbox(stint);
  await until("all was taken in", () => inInbox(stint) === 0, { deadlineMs: 120_000 });
  expect(leftThen).toBeGreaterThan(0);
  expect(
    stint.files("inbox/.accepted").length +
      stint.files("inbox/.rejected").filter((name) => name.endsWith(".yaml")).length,
  ).toBe(many.length + HOSTILE.length);
  const held = stint.files("pending").length;
  expect(held).toBeGreaterThanOrEqual(many.length + 1_600);
}, 240_000);
