import { describe, expect, test } from "bun:test";
import type { Code } from "../../src/model/code.ts";
import type { Dataset } from "../../src/model/dataset.ts";
import type { Kind } from "../../src/model/kind.ts";
import { doneKeyOfTask, reuseOf, reuseOfDraft } from "../../src/model/reuse.ts";
import { type Spec, spec as specSchema } from "../../src/model/spec.ts";
import { accepted, type Draft } from "../../src/model/submission.ts";
import type { Task } from "../../src/model/task.ts";
import { fc } from "../rig/fast-check.ts";
import { aDraft, after, aSpec, asRunning, aTask, at, exited, killedBy } from "../rig/tasks.ts";

const CODE: Code = { root: "/p", folder: "sub", commit: "a1", snapshot: "b2", tree: "c3" };
const SUM = "9".repeat(64);
const DATA: Dataset = { path: "/data/x", sha256: SUM };
const BASE: Partial<Spec> = {
  reuse: true,
  code: { mode: "snapshot" },
  inputs: { lr: 0.1, n: 2 },
  datasets: { x: DATA },
};
const KIND = aSpec().kind as Extract<Kind, { type: "subprocess" }>;
const draftOf = (spec: Partial<Spec> = {}, draft: Partial<Draft> = {}): Draft =>
  aDraft({ spec: aSpec({ ...BASE, ...spec }), ...draft });
const found = (
  spec: Partial<Spec> = {},
  code: Code | undefined = CODE,
  draft: Partial<Draft> = {},
): string => {
  const fingerprint = reuseOfDraft(draftOf(spec, draft), code);
  return fingerprint.ok ? fingerprint.value : `no: ${fingerprint.error}`;
};

/** A change of each key that has no part in the result. */
const NO_PART: Readonly<Partial<Record<keyof Spec, Partial<Spec>>>> = {
  priority: { priority: 9 },
  resources: { resources: { cpus: 2 } },
  limits: { limits: { pids: 9 } },
  slot: { slot: "a" },
  admission: { admission: "replace" },
  unique: { unique: "k" },
  key: { key: "k" },
  rerun: { rerun: true },
  reuse: { reuse: true },
  onParentFailure: { onParentFailure: "cancel" },
  runnerSelector: { runnerSelector: [{ key: "pool", operator: "Exists" }] },
  timeoutMs: { timeoutMs: 5 },
  queueTtlMs: { queueTtlMs: 5 },
  restart: { restart: { policy: "never" } },
  retry: { retry: { ...aSpec().retry, maxAttempts: 9 } },
  backoff: { backoff: { ...aSpec().backoff, factor: 3 } },
  stop: { stop: { first: "group" } },
  stopGraceMs: { stopGraceMs: 1 },
  logs: { logs: { ...aSpec().logs, separate: true } },
  notBefore: { notBefore: at(5) },
  hold: { hold: true },
  on: { on: { failure: [{ type: "command", argv: ["true"] }] } },
  preflight: { preflight: [{ type: "port", port: 8_080 }] },
  topic: { topic: "vision" },
  attributes: { attributes: { team: "x" } },
  inputSpecs: { inputSpecs: { lr: { type: "float" } } },
  templates: { templates: { run: "a ${{ inputs.lr }}" } },
  provenance: { provenance: "strict" },
  tracking: { tracking: { tensorboard: { mode: "local" } } },
};

const kind = (change: Partial<typeof KIND>): Partial<Spec> => ({ kind: { ...KIND, ...change } });
/** A change of each thing that decides the result. */
const DECIDES: Readonly<Record<string, string>> = {
  program: found(kind({ mode: { type: "command", command: "/bin/false", args: [] } })),
  argument: found(kind({ mode: { type: "command", command: "/bin/true", args: ["1"] } })),
  script: found(kind({ mode: { type: "script", runtime: "sh", body: "true", args: [] } })),
  runtime: found(kind({ mode: { type: "script", runtime: "bash", body: "true", args: [] } })),
  folder: found(kind({ cwd: "/tmp" })),
  env: found(kind({ env: { LR: "1" } })),
  environment: found(kind({ environment: { policy: "inherit" } })),
  "exit code": found(kind({ failOnNonZero: false })),
  input: found({ inputs: { lr: 0.2, n: 2 } }),
  "type of an input": found({ inputs: { lr: "0.1", n: 2 } }),
  data: found({ datasets: { x: { ...DATA, sha256: "8".repeat(64) } } }),
  "where data is": found({ datasets: { x: { ...DATA, path: "/data/y" } } }),
  "name of data": found({ datasets: { y: DATA } }),
  "no data": found({ datasets: {} }),
  outputs: found({ outputSpecs: { acc: { type: "float" } } }),
  fail: found({ fail: { acc: ["nan"] } }),
  artifacts: found({ artifacts: { paths: ["*.pt"] } }),
  slurm: found({ slurm: { tasks: 2 } }),
  code: found({}, { ...CODE, tree: "c4" }),
  "folder of the code": found({}, { ...CODE, folder: "" }),
  value: found({}, CODE, { group: { name: "s", index: 1, size: 2, values: { lr: "1" } } }),
  "other value": found({}, CODE, { group: { name: "s", index: 1, size: 2, values: { lr: "2" } } }),
  place: found({}, CODE, { group: { name: "s", index: 2, size: 2, values: { lr: "1" } } }),
  size: found({}, CODE, { group: { name: "s", index: 1, size: 3, values: { lr: "1" } } }),
};

const IMAGE: Kind = {
  type: "container",
  mode: { type: "image", args: [] },
  cwd: "/",
  env: {},
  environment: { policy: "clear" },
  failOnNonZero: true,
  container: {
    image: `a@sha256:${SUM}`,
    volumes: [],
    network: "none",
    pull: "missing",
    pullTimeoutMs: 1,
    unsafe: [],
  },
};
const image = (change: Partial<typeof IMAGE.container>): Partial<Spec> => ({
  kind: { ...IMAGE, container: { ...IMAGE.container, ...change } },
});

const OPEN: [string, string][] = [
  ["waits for other tasks", found({}, CODE, { parents: [{ reference: "a", when: "success" }] })],
  ["waits for other tasks", found({ after: [{ task: aTask().metadata.id, when: "success" }] })],
  ["code is not fixed", found({ code: { mode: "record" } })],
  ["code is not fixed", found({ code: undefined })],
  ["no snapshot", found({}, { root: "/p", folder: "", commit: "a1" })],
  ["which it links", found({ code: { mode: "snapshot", link: ["data"] } })],
  ["stint pin", found({ datasets: { x: { path: "/data/x" } } })],
  ["stint pin", found({ datasets: { x: { path: "/data/x", dvc: "/data/x.dvc" } } })],
  ["is not verified", found({ datasets: { x: { ...DATA, verify: "never" } } })],
  ["snapshot 2026-05", found({ snapshot: "2026-05" })],
  ["bestEffort", found({ provenance: "bestEffort" })],
  ["its input lr", found({ inputSpecs: { lr: { type: "file" } } })],
  ["its input lr", found({ inputSpecs: { lr: { type: "dir" } } })],
  ["variables from /x/.env", found(kind({ envFrom: [{ file: "/x/.env" }] }))],
  ["its variable DIR", found(kind({ env: { DIR: "$HOME/x" }, expands: ["DIR"] }))],
  ["the image a:latest", found(image({ image: "a:latest" }))],
  ["its volumes", found(image({ volumes: [{ host: "/a", path: "/a", readOnly: true }] }))],
  ["unsafe", found(image({ unsafe: ["--privileged"] }))],
];

describe("the fingerprint of what decides a result", () => {
  test("changes with each part of it, to another one each time", () => {
    const all = [found(), found(image({})), ...Object.values(DECIDES)];
    expect(all.filter((one) => !/^[0-9a-f]{64}$/.test(one))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  });

  test("is the same whatever else of the task, and of its place in git, is different", () => {
    const changes = fc.subarray(Object.values(NO_PART));
    fc.assert(
      fc.property(changes, (some) => {
        const spec: Partial<Spec> = Object.assign({}, ...some);
        expect(found(spec)).toBe(found());
      }),
    );
    expect(found({ inputs: { n: 2, lr: 0.1 } })).toBe(found());
    expect(found(kind({ umask: "077" }))).toBe(found());
    const other: Code = {
      ...CODE,
      commit: "a2",
      snapshot: "b3",
      branch: "x",
      changed: { count: 1, names: ["y"] },
    };
    const named = { name: "other", labels: { a: "b" }, annotations: { c: "d" } };
    expect(found({}, other, named)).toBe(found());
  });

  test("knows every key of a record: a new one decides until it is listed", () => {
    const tried = new Set([...Object.keys(NO_PART), "kind", "inputs", "datasets", "outputSpecs", "fail"]);
    const rest = Object.keys(specSchema.entries).filter((key) => !tried.has(key));
    expect(rest.toSorted()).toEqual(["after", "artifacts", "code", "service", "slurm", "snapshot"]);
  });

  test.each(OPEN)("does not exist where a part is not fixed: %s", (why, told) => {
    expect(told).toStartWith("no: ");
    expect(told).toContain(why);
  });

  test("is that of the draft after it was queued, written and read, in a smaller sweep and as a copy too", () => {
    const values = { lr: "1" };
    const draft = draftOf({}, { group: { name: "s", index: 2, size: 3, values } });
    const left = { id: 1, name: "s", index: 1, size: 1, values, of: { index: 2, size: 3 } };
    const queued = (of: Draft, metadata: Partial<Task["metadata"]>): Task => {
      const { id, number, uid, createdBy, source } = aTask().metadata;
      const task = accepted(of, { id, number, uid, createdBy, source, at: at(), code: CODE });
      return JSON.parse(JSON.stringify({ ...task, metadata: { ...task.metadata, ...metadata } })) as Task;
    };
    expect(reuseOf(queued(draft, { group: left }))).toEqual(reuseOfDraft(draft, CODE));
    const copiedMember = { index: 2, size: 3, values };
    expect(reuseOf(queued(draftOf(), { copiedMember }))).toEqual(reuseOfDraft(draft, CODE));
    expect(reuseOfDraft(draftOf({}, { copiedMember }), CODE)).toEqual(reuseOfDraft(draft, CODE));
  });
});

describe("a task stands for others", () => {
  const queued = aTask({ spec: BASE, metadata: { code: CODE } });
  test("once it has succeeded", () => {
    expect(doneKeyOfTask(asRunning(queued))).toBeUndefined();
    expect(doneKeyOfTask(after(queued, killedBy("SIGKILL")))).toBeUndefined();
    expect(doneKeyOfTask(after(queued, exited(0)))).toBe(`reuse#${found()}`);
  });

  test("unless its data changed meanwhile, or a result was not collected", () => {
    const done = after(queued, exited(0));
    const [attempt] = done.status.attempts;
    const withLast = (change: object): Task =>
      ({ ...done, status: { ...done.status, attempts: [{ ...attempt, ...change }] } }) as Task;
    expect(doneKeyOfTask(withLast({ notes: ["x changed while the job ran"] }))).toBeUndefined();
    const datasets = { x: { path: "/data/x", warning: "is other data" } };
    expect(doneKeyOfTask(withLast({ datasets }))).toBeUndefined();
  });
});
