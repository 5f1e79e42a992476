import { expect, test } from "bun:test";
import { renderDryRun } from "../../../src/cli/text/dry-run.ts";
import { renderTask, renderTasks } from "../../../src/cli/text/show.ts";
import { renderSweep } from "../../../src/cli/text/show-sweep.ts";
import { styleFor } from "../../../src/cli/text/style.ts";
import type { Spec } from "../../../src/model/spec.ts";
import { aDraft, after, aSpec, aTask, exited, NOW_MS, taskIn } from "../../rig/tasks.ts";

const style = styleFor(false);
/** A spec with this command. */
function running(command: string, ...args: string[]): { readonly kind: Spec["kind"] } {
  const { kind } = aSpec();
  return { kind: { ...kind, mode: { type: "command", command, args } } };
}

const ISO = /\d{4}-\d\d-\d\dT/;

test("a task is shown by aligned facts and local times, its failure in the first line", () => {
  const task = aTask({
    spec: { restart: { policy: "never" }, resources: { gpus: 2 } },
    metadata: { labels: { paper: "fig3" } },
  });
  const shown = renderTask(after(task, exited(3), { logTail: "ValueError: x\n" }), {
    nowMs: NOW_MS + 60_000,
    style,
    columns: 80,
    runFolder: "/runs/1",
  });
  const [head, ...fields] = shown.split("\n");
  expect(head).toMatch(/^000001-train {2}failed \d+s ago: exit 3: ValueError: x$/);
  expect(fields.find((line) => line.startsWith("  settings  "))).toContain("2 GPUs");
  expect(fields).toContain("  labels    paper=fig3");
  expect(fields).toContain("    job/EXIT_NONZERO (rule: exit:nonzero)");
  expect(shown).not.toMatch(ISO);
});

test("the variables of a task are shown, and of those from a source only where they come from", () => {
  const { kind } = aSpec();
  const envFrom = [{ file: "/home/ada/.env" }, { env: ["HF_TOKEN", "AWS_*"] }];
  const task = aTask({ spec: { kind: { ...kind, env: { FOO: "1", TEXT: "a b" }, envFrom } } });
  const shown = renderTask(task, { nowMs: NOW_MS, style, columns: 80, runFolder: "/runs/1" });
  expect(shown).toContain("\n  env       FOO=1 TEXT='a b'\n  envFrom   /home/ada/.env, HF_TOKEN AWS_*\n");
});

test("many tasks are counted, with a line for each", () => {
  const tasks = [taskIn("queued"), taskIn("completed", { number: 2 }), taskIn("queued", { number: 3 })];
  const [head, ...rows] = renderTasks(tasks, { style, columns: 80 }).trimEnd().split("\n");
  expect(head).toBe("3 tasks: 2 queued, 1 completed");
  expect(rows.map((row) => row.trim().split(/\s+/).slice(0, 2).join(" "))).toEqual([
    "000001-train queued",
    "000002-train completed",
    "000003-train queued",
  ]);
});

test("a dry run shows each task, and of a sweep the first members", () => {
  const group = { name: "s", size: 5 };
  const members = [1, 2, 3, 4, 5].map((index) =>
    aDraft({ name: `s-${index}`, group: { ...group, index, values: { n: String(index) } } }),
  );
  const text = renderDryRun([aDraft({ name: "one", spec: aSpec({ timeoutMs: 60_000 }) }), ...members], {
    nowMs: NOW_MS,
    columns: 80,
  });
  expect(text).toStartWith("task one\n  command ");
  expect(text).toContain("  settings  timeout 1m\n");
  expect(text).toContain(
    "sweep s: 5 members\n  s-1  n=1\n  s-2  n=2\n  s-3  n=3\n  …\n  s-5  n=5\n  command ",
  );
  expect(text).toContain(" (of the first member)\n");
  expect(text).toEndWith("\n6 tasks would be queued (2 documents)\n");
});

test("a dry run tells how parents must end, as the record of the task does", () => {
  const parents = [
    { reference: "train", when: "any" as const },
    { reference: "prepare", when: "success" as const },
  ];
  const text = renderDryRun([aDraft({ name: "report", parents })], { nowMs: NOW_MS, columns: 80 });
  expect(text).toContain("  after     train (however it ends), prepare\n");
});

test("a dry run of many documents has a line for each", () => {
  const drafts = Array.from({ length: 12 }, (_, index) =>
    aDraft({ name: `t${index}`, spec: aSpec({ timeoutMs: 60_000, slot: "gpu" }) }),
  );
  const lines = renderDryRun(drafts, { nowMs: NOW_MS, columns: 80 }).trimEnd().split("\n");
  expect(lines.map((line) => line.trim().split(/\s+/).join(" "))).toEqual([
    "NAME AFTER TIMEOUT LANE",
    ...drafts.map(({ name }) => `${name} - 1m gpu`),
    "",
    "12 tasks would be queued",
  ]);
});

test("many parents are folded", () => {
  const parents = Array.from({ length: 20 }, (_, index) => ({
    task: aTask({ number: index + 1 }).metadata.id,
    when: "any" as const,
  }));
  const shown = renderTask(aTask({ number: 21, spec: { after: parents } }), {
    nowMs: NOW_MS,
    style,
    columns: 80,
    runFolder: "/runs/21",
  });
  expect(shown).toContain("  after     000001-train … 000020-train (20 tasks; however they end)\n");
});

test("a sweep shows what runs with which values, and each member of a short one, waiting ones too", () => {
  const member = (state: "queued" | "completed", index: number, lr: string) => {
    const group = { id: 3, name: "grid", size: 3, index, values: { lr, seed: String(index) } };
    return taskIn(state, {
      number: index + 2,
      name: `grid-${index}`,
      spec: running("train", lr),
      metadata: { group },
    });
  };
  const members = [member("completed", 1, "0.1"), member("queued", 2, "0.1"), member("queued", 3, "0.01")];
  const lines = renderSweep(members, { nowMs: NOW_MS, style, columns: 80 }).split("\n");
  expect(lines).toContain("  command   train 0.1 (of task 3)");
  expect(lines).toContain("  values    lr=0.1,0.01 seed=1-3");
  expect(lines).toContain("  3  lr=0.1 seed=1   completed");
  expect(lines).toContain("  5  lr=0.01 seed=3  queued");
});

test("facts wrap below their own column, and a command keeps its line, to be copied", () => {
  const long = ["echo", ...Array.from({ length: 30 }, (_, index) => `word${index}`)];
  const labels = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`label${index}`, "value"]));
  const task = aTask({ spec: running("echo", ...long.slice(1)), metadata: { labels } });
  const lines = renderTask(task, { nowMs: NOW_MS, style, columns: 60, runFolder: "/r" }).split("\n");
  expect(lines).toContain(`  command   ${long.join(" ")}`);
  const wide = lines.filter((line) => line.length > 60);
  expect(wide).toHaveLength(1);
  expect(lines.filter((line) => /^ {12}label\d+=value/.test(line)).length).toBeGreaterThan(1);
});
