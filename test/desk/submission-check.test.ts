import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

/** Task files by what is in them. The home has the task 1 "known", the lane "busy", and the task "only" with the key "once". */
const FILES: Readonly<Record<string, string>> = {
  "a chain": "name: a\nrun: a\n---\nname: b\nrun: b\nafter: a\n",
  "a parent in the queue, by name": "run: a\nafter: known\n",
  "a parent in the queue, by number": "run: a\nafter: 1\n",
  "a key that an unfinished task has": "run: a\nunique: once\n",
  "a dependent of a task with such a key": "name: only\nrun: a\nunique: once\n---\nrun: b\nafter: only\n",
  "a cycle": "name: a\nrun: a\nafter: b\n---\nname: b\nrun: b\nafter: a\n",
  "a task that waits for itself": "name: a\nrun: a\nafter: a\n",
  "a sweep that waits for itself": "name: s\nrun: a ${{ matrix.x }}\nmatrix: {x: [1, 2]}\nafter: s\n",
  "an unknown parent, by name": "run: a\nafter: b\n",
  "an unknown parent, by number": "run: a\nafter: 4711\n",
  "a parent that must succeed and fail": "run: a\nafter: known\nafterFailed: known\n",
  "too many CPUs": "run: a\ncpus: 9999\n",
  "too much memory": "run: a\nmemory: 900TB\n",
  "a GPU": "run: a\ngpus: 1\n",
  "a busy lane": "run: a\nslot: busy\nadmission: dropIfRunning\n",
  "a variable that is not set": "run: a\nenv: {A: '${NOT_SET_ANYWHERE}'}\n",
  "secrets that are not there": "run: a\nenvFrom: [{file: /no/such/file}]\n",
};

const ACCEPTED = Object.keys(FILES).slice(0, 5);
const REFUSED = Object.keys(FILES).slice(5);

const DONE = [0, null] as const;

/** The exit code of each way to submit the text, and the code of the error, in a home where no one changes anything meanwhile. */
async function verdicts(stint: Stint, text: string) {
  const said = async (...args: string[]) => {
    const { code, err } = await stint.run([...args, "-"], { input: text });
    return [code, /\[([A-Z_]+)\]/.exec(err)?.[1] ?? null] as const;
  };
  const [validated, shown] = await Promise.all([said("validate"), said("submit", "--dry-run")]);
  return { validated, shown, submitted: await said("submit", "--hold") };
}

async function withTasks(): Promise<Stint> {
  const stint = new Stint();
  await stint.ok("submit", "--name", "known", "--hold", "--", "true");
  await stint.ok("submit", "--slot", "busy", "--", "true");
  await stint.ok("submit", "--name", "only", "--unique", "once", "--hold", "--", "true");
  return stint;
}

test.each(ACCEPTED)("validate, submit --dry-run and submit accept %s", async (what) => {
  await using stint = await withTasks();
  const { validated, shown, submitted } = await verdicts(stint, FILES[what] ?? "");
  expect([validated, shown, submitted]).toEqual([DONE, DONE, DONE]);
});

test("validate, submit --dry-run and submit refuse the same, with the same codes", async () => {
  await using stint = await withTasks();
  for (const what of REFUSED) {
    const { validated, shown, submitted } = await verdicts(stint, FILES[what] ?? "");
    expect([what, validated, shown]).toEqual([what, submitted, submitted]);
    expect([what, ...submitted]).not.toEqual([what, ...DONE]);
  }
});

test("what validate accepts, submit accepts in the same home, for any parents", async () => {
  await using stint = await withTasks();
  const names = ["a", "b", "c", "known", "2", "9"];
  for (let seed = 1; seed <= 12; seed += 1) {
    const picked = [0, 1, 2].map((at) => names[(seed * 7 + at * at * seed + at) % names.length]);
    const text = picked.map((parent, at) => `name: ${names[at]}\nrun: x\nafter: ${parent}\n`).join("---\n");
    const { validated, shown, submitted } = await verdicts(stint, text);
    expect([text, validated, shown]).toEqual([text, submitted, submitted]);
  }
});

test("they agree in a home that does not exist yet, and do not make it", async () => {
  await using stint = new Stint();
  for (const [what, text] of Object.entries(FILES)) {
    for (const words of [["validate"], ["submit", "--dry-run"]]) {
      const { code } = await stint.run([...words, "-"], { input: text });
      const isFine = ["a chain", "a key that", "a dependent of", "a busy lane"].some((one) =>
        what.startsWith(one),
      );
      expect([words[0], what, code === 0]).toEqual([words[0], what, isFine]);
    }
  }
  expect(stint.files("")).toEqual([]);
});

test("they agree on a home that a newer stint wrote", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home, { mode: 0o700 });
  writeFileSync(join(stint.home, "home.json"), '{"version": 99}\n');
  const { validated, shown, submitted } = await verdicts(stint, "run: a\n");
  expect([validated, shown, submitted]).toEqual([submitted, submitted, [4, "HOME_NEWER"]]);
});

test("a schedule may wait for a task that is queued later", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "s.yaml"), "every: 5m\ntask: {run: a, after: later}\n");
  expect(await stint.ok("validate", "s.yaml")).toContain("valid: schedule s");
  writeFileSync(join(stint.root, "s.yaml"), "every: 5m\ntask: {run: a, cpus: 9999}\n");
  expect((await stint.run(["validate", "s.yaml"])).code).toBe(7);
});
