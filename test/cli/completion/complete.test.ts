import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quotedWord, shellWords } from "../../../src/cli/completion/shell-words.ts";
import { Stint } from "../../rig/stint.ts";
import { looked } from "../../rig/system-calls.ts";
import { aTask } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** The words that the program answers for a line, of which the last word is being typed; those that begin so. */
async function offered(stint: Stint, ...words: string[]): Promise<string[]> {
  const [kind, ...lines] = (await stint.ok("complete", "zsh", "--", ...words)).split("\n");
  if (kind !== "words") return [String(kind)];
  const found = lines.map((line) => line.split("\t", 1)[0] ?? "");
  return found.filter((word) => word.startsWith(words.at(-1) ?? ""));
}

/** What a line with the cursor at its end is completed to. */
const ROWS: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["re", ["results", "retry", "release", "resume", "requeue-stale"]],
  ["sched", ["schedules"]],
  ["read-f", []],
  ["stat", ["stats"]],
  ["enq", ["enqueue"]],
  ["foll", ["follow"]],
  ["follow ", ["6", "grid"]],
  ["help sched", ["schedules"]],
  ["help GPU_O", ["GPU_OOM"]],
  ["help schedules pa", ["pause"]],
  ["schedules r", ["resume", "rm", "run"]],
  ["schedules add --e", ["--every"]],
  ["schedules pause ", ["nightly"]],
  ["schedules resume ", ["off"]],
  ["schedules delete ", ["nightly", "off"]],
  ["schedules dele", ["delete"]],
  ["log --t", ["--tail", "--topic"]],
  ["logs --tail 3 --t", ["--topic"]],
  ["drain --for 1h --unt", []],
  ["submit --label a=b --la", ["--label"]],
  ["schema r", ["record"]],
  ["init sweep", ["sweep", "sweep-night"]],
  ["ls --state comp", ["completed"]],
  ["ls --state=comp", ["--state=completed"]],
  ["ls --state failed,comp", ["failed,completed"]],
  ["ls --state failed,f", []],
  ["ls --class gpu_o", ["gpu_oom"]],
  ["ls --label ", ["paper="]],
  ["ls --label=paper=", ["--label=paper=fig3"]],
  ["ls --slot ", ["lane-a"]],
  ["ls --group ", ["grid"]],
  ["submit --slot ", ["lane-a"]],
  ["submit --after tr", ["train"]],
  ["submit --admission ", ["queue", "dropIfRunning", "replace"]],
  ["submit ", ["taskFiles"]],
  ["submit --cwd ", ["folders"]],
  ["submit --cwd=x", ["folders"]],
  ["--home ", ["folders"]],
  ["--home x --fai", ["--failed"]],
  ["init -o ", ["files"]],
  ["submit -- ls -", ["command 2"]],
  ["schedules add --name x -- make ", ["command 5"]],
  ["cancel ", ["5", "4", "3", "2", "1", "grid-2", "grid-1", "train", "grid"]],
  ["cancel 00000", ["000005-grid-2", "000004-grid-1", "000003-twice", "000002-twice", "000001-train"]],
  ["cancel 1,gr", ["1,grid-2", "1,grid-1", "1,grid"]],
  ["hold ", ["5", "4", "2", "grid-2", "grid-1", "grid"]],
  ["release ", ["3", "1", "train", "grid"]],
  ["retry 6", ["6"]],
  ["retry twi", []],
  ["logs ", ["6", "grid"]],
  ["set 1 pri", ["priority="]],
  ["set 1 la", ["labels."]],
  ["set 1 labels.pap", ["labels.paper="]],
  ["set 1 labels.paper=", ["labels.paper=fig3"]],
  ["set 1 admission=r", ["admission=replace"]],
  ["set 1 priority=5 hold=", ["hold=true", "hold=false"]],
  ["set 1 nam", []],
  ["set tra", ["tracking=", "tracking.mlflow=", "tracking.wandb=", "tracking.tensorboard=", "train"]],
  ["set --failed prio", ["priority="]],
  ["set --failed labels.paper=", ["labels.paper=fig3"]],
  ["retry --set admission=r", ["admission=replace"]],
  ["jobs --lane ", ["lane-a="]],
  ["jobs --label ", ["paper="]],
  ["jobs --label paper=", ["paper=fig3="]],
  ["jobs --gpus ", ["all", "none"]],
  ["nosuch ", []],
];

test("each place of a line is completed to what can stand there", async () => {
  await using stint = new Stint();
  const queue = (...args: string[]): Promise<string> => stint.ok("submit", ...args);
  await queue("--hold", "--name", "train", "--label", "paper=fig3", "--slot", "lane-a", "--", "true");
  await queue("--name", "twice", "--", "true");
  await queue("--hold", "--name", "twice", "--", "true");
  await queue("--name", "grid", "--matrix", "lr=1,2", "--", "echo", "${{ matrix.lr }}");
  await stint.run(["run", "--name", "twice", "--", "false"]);
  writeFileSync(join(stint.home, "schedules", "nightly.yaml"), "every: 7d\n");
  writeFileSync(join(stint.home, "schedules", "off.yaml"), "every: 7d\npaused: true # for now\n");
  const found: unknown[] = [];
  for (const [line] of ROWS) found.push([line, await offered(stint, ...line.split(" "))]);
  expect(found).toEqual([...ROWS]);
});

test("the home is that of the line", async () => {
  await using stint = new Stint();
  const other = join(stint.root, "other");
  await stint.ok("--home", other, "submit", "--hold", "--name", "there", "--", "true");
  for (const line of [
    ["--home", other, "cancel", "th"],
    ["cancel", "--home=~/other", "th"],
  ]) {
    expect(await offered(stint, ...line)).toEqual(["there"]);
  }
  expect(await offered(stint, "cancel", "th")).toEqual([]);
});

test("nothing goes wrong aloud: a home that is missing, broken or of hostile names", async () => {
  await using stint = new Stint();
  const answer = (...words: string[]): Promise<unknown> => stint.run(["complete", "zsh", "--", ...words]);
  expect(await answer("cancel", "")).toEqual({ code: 0, out: "words\n", err: "" });
  const label = "a\u001b[31m\nb";
  writeFileSync(
    join(stint.root, "t.yaml"),
    JSON.stringify({ run: "true", labels: { one: label, two: "a b" } }),
  );
  await stint.ok("submit", "--hold", "t.yaml");
  expect(await answer("ls", "--label", "one=")).toEqual({ code: 0, out: "words\n", err: "" });
  expect(await answer("ls", "--label", "two=")).toEqual({ code: 0, out: "words\ntwo=a b\t\n", err: "" });
  writeFileSync(join(stint.home, "pending", "000002-torn.json"), "{");
  mkdirSync(join(stint.home, "pending", "000003-folder.json"));
  expect(await answer("cancel", "t")).toMatchObject({ code: 0, err: "" });
  writeFileSync(join(stint.home, "home.json"), "{");
  expect(await answer("cancel", "")).toEqual({ code: 0, out: "words\n", err: "" });
});

test("a long queue is listed once, and few of its records are read", async () => {
  await using home = new TempHome();
  for (let number = 1; number <= 1_000; number += 1) home.put(aTask({ number, name: `job-${number}` }));
  await using stint = new Stint();
  Object.assign(stint, { home: home.layout.home });
  for (const line of [
    ["cancel", ""],
    ["cancel", "job"],
    ["retry", ""],
    ["ls", "--label", ""],
    ["ls", "--group", ""],
  ]) {
    const { opened, listed, code } = await looked(stint, "complete", "zsh", "--", ...line);
    expect(code).toBe(0);
    expect(opened.filter((path) => path.endsWith(".json")).length).toBeLessThanOrEqual(250);
    expect(new Set(listed).size).toBeLessThanOrEqual(8);
  }
});

describe("a line of bash", () => {
  test.each([
    ["stint logs ", ["stint", "logs", ""], ""],
    ["stint 'a b' \"c d\" e\\ f", ["stint", "a b", "c d", "e f"], ""],
    ["stint --label 'k=v w", ["stint", "--label", "k=v w"], "'"],
    ['stint "$(touch x)" `y`', ["stint", "$(touch x)", "`y`"], ""],
    ["stint a\\", ["stint", "a"], ""],
  ])("%s is split without being evaluated", (line, words, quote) => {
    const split = shellWords(line);
    expect(split.words).toEqual(words);
    expect(split.last.quote).toBe(quote);
  });

  test("gets words that the shell reads as they are", () => {
    expect(quotedWord("lr=0.1,x:y@z/é")).toBe("lr=0.1,x:y@z/é");
    expect(quotedWord("a\u0007")).toBeNull();
    const hostile = "$(touch x)`y`;&|<>*?[]{}!#~'\"\\ é";
    const { stdout } = Bun.spawnSync(["bash", "-c", `printf %s ${quotedWord(hostile)}`]);
    expect(stdout.toString()).toBe(hostile);
  });
});
