import { expect, test } from "bun:test";
import { changesIn } from "../../src/intake/changed-fields.ts";
import type { Spec } from "../../src/model/spec.ts";
import { aSpec } from "../rig/tasks.ts";

const { kind } = aSpec();
const before = { spec: aSpec({ priority: 5 }), labels: { paper: "a" } };

type Case = readonly [what: string, spec: Partial<Spec>, labels: Record<string, string>, changes: string[]];

const CASES: readonly Case[] = [
  ["nothing", {}, {}, []],
  [
    "numbers and amounts",
    { priority: 9, resources: { memoryBytes: 2 ** 30 } },
    {},
    ["priority 5 → 9", "memory unset → 1 GiB"],
  ],
  ["times", { timeoutMs: 60_000, stopGraceMs: 5_000 }, {}, ["timeout unset → 1m", "stop.grace 30s → 5s"]],
  ["texts", { kind: { ...kind, cwd: "/elsewhere" } }, {}, [`cwd ${kind.cwd} → /elsewhere`]],
  [
    "the names of variables, whose values may be secret",
    { kind: { ...kind, env: { TOKEN: "x" } } },
    {},
    ["env.TOKEN"],
  ],
  ["labels", {}, { paper: "b", seed: "1" }, ["labels.paper a → b", "labels.seed unset → 1"]],
  [
    "what is run",
    { kind: { ...kind, mode: { type: "command", command: "/bin/false", args: ["x".repeat(90)] } } },
    {},
    [`run /bin/true → /bin/false ${"x".repeat(49)}…`],
  ],
];

test.each(CASES)("an edit tells %s", (_what, spec, labels, changes) => {
  const after = { spec: aSpec({ priority: 5, ...spec }), labels: { ...before.labels, ...labels } };
  expect(changesIn(before, after)).toEqual(changes);
});
