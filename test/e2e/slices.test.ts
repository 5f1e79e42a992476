import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kill } from "node:process";
import { owe } from "../rig/schedules.ts";
import { Stint, until } from "../rig/stint.ts";

const JOBS = 50;
const UID = "01900000-0000-7000-8000-000000000000";

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

/** The process that reads for the supervisor of a home, or null. */
function readerOf({ home }: Stint): number | null {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (words.includes("read-files") && words.includes(home)) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return null;
}

/** Stops the next process that reads, as soon as it is seen: it takes as long as the test needs. */
async function stopReader(stint: Stint, unlike: number | null = null): Promise<number> {
  let reader: number | null = null;
  await until("another process reads", () => (reader = readerOf(stint)) !== null && reader !== unlike);
  if (reader === null) throw new Error("there is one");
  kill(reader, "SIGSTOP");
  return reader;
}

test("timeouts are kept and small schedules fire while a schedule with a large sweep is read, and while it fires", async () => {
  await using stint = new Stint();
  const members = 4_000;
  const isHeld = (): boolean => stint.files("pending").length > 0;
  await stint.run(["drain"]);
  const sweep = `hold: true\n    matrix: { n: { from: 1, to: ${members} } }`;
  owe(stint, { name: "large", uid: UID, tasks: `  - name: large\n    run: "true"\n    ${sweep}\n` });
  const small = 'every: 1s\ntask: { name: small, run: "true" }\n';
  writeFileSync(join(stint.home, "schedules", "small.yaml"), small);
  await stint.up("--jobs", "4");
  const goOn = async (what: string): Promise<void> => {
    const [ends, firings] = [stint.files("dead-letter").length, stint.files("done").length];
    await stint.run(["submit", "-"], { input: 'run: "sleep 600"\ntimeout: 200ms\nstopGrace: 1s\n' });
    await until(`a timeout is kept while ${what}`, () => stint.files("dead-letter").length > ends);
    await until(`the small one fires while ${what}`, () => stint.files("done").length > firings);
    expect(isHeld()).toBe(false);
  };
  const reading = await stopReader(stint);
  await goOn("the large one is read");
  kill(reading, "SIGCONT");
  const firing = await stopReader(stint, reading);
  await goOn("the large one fires");
  // What it has staged counts for nothing: another process begins again.
  kill(firing, "SIGKILL");
  await until("all members are queued", () => stint.files("pending").length >= members, {
    deadlineMs: 120_000,
  });
  const noted = (): string => stint.textOf("home/schedules/.state/large.json");
  await until("the firing is noted", () => noted().includes("lastFired"), { deadlineMs: 60_000 });
  expect(stint.files("pending")).toHaveLength(members);
  await until("nothing is left of the killed one", () => stint.files("tmp").length === 0);
}, 240_000);
