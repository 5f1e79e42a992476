import { describe, expect, test } from "bun:test";
import { draftsFromFlags, type Editable, editFields } from "../../src/intake/fields-typed.ts";
import type { Spec } from "../../src/model/spec.ts";
import type { Draft } from "../../src/model/submission.ts";
import { CONTEXT, draftIn } from "./rig.ts";

async function flagged(flags: Record<string, unknown>): Promise<Draft> {
  const draft = await draftsFromFlags(Object.entries(flags), CONTEXT);
  if (!draft.ok) throw new Error(JSON.stringify(draft.error));
  const [only] = draft.value;
  if (only === undefined || draft.value.length > 1) throw new Error(`${draft.value.length} drafts`);
  return only;
}

async function faultsOf(flags: Record<string, unknown>): Promise<string[]> {
  const draft = await draftsFromFlags(Object.entries(flags), CONTEXT);
  return draft.ok
    ? []
    : draft.error.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`));
}

describe("draftsFromFlags()", () => {
  test("makes the same draft as a file", async () => {
    const flags = {
      name: "train",
      command: ["python", "train.py", "--lr", "0.10", "5"],
      timeout: "5m",
      retries: "2",
      gpus: "1",
      vram: "20GB",
      cpus: 4,
      memory: undefined,
      hold: true,
      env: { A: "null", B: "5", C: "" },
      labels: { paper: "fig 3" },
      "retry.onExit": "[3, 4]",
      at: "90m",
      cwd: "sub",
    };
    const text = `
name: train
command: [python, train.py, --lr, "0.10", "5"]
timeout: 5m
retries: 2
gpus: 1
vram: 20GB
cpus: 4
hold: true
env: {A: "null", B: "5", C: ""}
labels: {paper: fig 3}
retry: {onExit: [3, 4]}
at: 90m
cwd: sub
`;
    expect(await flagged(flags)).toEqual(draftIn(text));
  });

  test("takes text as it was typed for a key that is text", async () => {
    expect((await flagged({ run: "echo 'a: b' # c" })).spec.kind.mode).toMatchObject({
      body: "echo 'a: b' # c",
    });
    expect((await flagged({ run: "true" })).spec.kind.mode).toMatchObject({ body: "true" });
    expect(await flagged({ run: "a", "env.A": "x # y: z", "labels.b": "'quoted'" })).toMatchObject({
      labels: { b: "quoted" },
      spec: { kind: { env: { A: "x # y: z" } } },
    });
  });

  test("names every fault with its key", async () => {
    expect(
      await faultsOf({
        command: [],
        timeout: "90",
        gpus: "some",
        max_attempts: "x",
        tmeout: 5,
        security: "[1]",
      }),
    ).toEqual([
      '"tmeout" is unknown (did you mean timeout?)',
      '"security" is not supported yet (the job runs with the rights of your account; limits: is supported)',
      '"command" is an empty list, wanted a program and its arguments',
      '"timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m (write 90s, or 90m for minutes)',
      '"gpus" is "some", wanted a whole number, at least 0',
      '"max_attempts" is "x", wanted a whole number from 0 to 1000000',
    ]);
    expect(await faultsOf({})).toEqual([
      "the task has nothing to run, wanted one of run, command or script (write run: COMMAND)",
    ]);
  });

  test.each(["[1, 2", "{a", "- b", "a: b", "---\na\n---\nb", "\0", "*x", "!!t y"])(
    "accepts %j",
    async (typed) => {
      expect(await faultsOf({ run: "a", timeout: typed })).toHaveLength(1);
      expect((await flagged({ run: "a", "env.A": typed.replace("\0", "") })).spec.kind.env["A"]).toBe(
        typed.replace("\0", ""),
      );
    },
  );
});

describe("editFields()", () => {
  const DEFAULTS = { timeoutMs: 60_000, retries: 1 };
  const TASK = draftIn(
    "script: a\nruntime: bash\nargs: [b]\ntimeout: 5m\nretries: 9\npriority: 3\ncpus: 2\nenv: {A: x, B: y}\nlabels: {k: v, l: w}\ncwd: /x",
  );

  async function edited(...pairs: [string, string][]): Promise<Editable> {
    const result = await editFields(TASK, pairs, { ...CONTEXT, defaults: DEFAULTS });
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  }

  const kind = (change: object): Editable => ({
    labels: TASK.labels,
    spec: { ...TASK.spec, kind: { ...TASK.spec.kind, ...change } },
  });
  const spec = (change: object): Editable => ({ labels: TASK.labels, spec: { ...TASK.spec, ...change } });
  const { retry } = TASK.spec;
  const mode = TASK.spec.kind.mode;

  const CASES: readonly (readonly [pairs: readonly [string, string][], expected: Editable])[] = [
    [[], { spec: TASK.spec, labels: TASK.labels }],
    [[["priority", "7"]], spec({ priority: 7 })],
    [
      [
        ["timeout", "1h"],
        ["priority", "7"],
      ],
      spec({ timeoutMs: 3_600_000, priority: 7 }),
    ],
    [[["timeout", "default"]], spec({ timeoutMs: 60_000 })],
    [[["timeout", "null"]], spec({ timeoutMs: 60_000 })],
    [[["priority", "default"]], spec({ priority: 0 })],
    [[["cpus", "default"]], spec({ resources: {} })],
    [[["memory", "8GB"]], spec({ resources: { cpus: 2, memoryBytes: 8e9 } })],
    [[["retries", "1"]], spec({ retry: { ...retry, maxAttempts: 2 } })],
    [[["retry.maxAttempts", "0"]], spec({ retry: { ...retry, maxAttempts: 0 } })],
    [[["retry.scope", "transient"]], spec({ retry: { ...retry, scope: "transient" } })],
    [[["retry.on", "[GPU_OOM]"]], spec({ retry: { ...retry, on: ["GPU_OOM"] } })],
    [
      [["backoff.first", "1m"]],
      spec({ backoff: { firstMs: 60_000, maxMs: 60_000, factor: 2, jitter: "full" } }),
    ],
    [[["env.A", "z = 1"]], kind({ env: { A: "z = 1", B: "y" } })],
    [[["env.A", ""]], kind({ env: { A: "", B: "y" } })],
    [[["env.A", "null"]], kind({ env: { B: "y" } })],
    [[["env", "{C: d}"]], kind({ env: { C: "d" } })],
    [[["env", "default"]], kind({ env: {} })],
    [[["env.a.b", "c"]], kind({ env: { A: "x", B: "y", "a.b": "c" } })],
    [[["labels.m", "n"]], { spec: TASK.spec, labels: { k: "v", l: "w", m: "n" } }],
    [[["label.k", ""]], { spec: TASK.spec, labels: { l: "w" } }],
    [[["labels", "default"]], { spec: TASK.spec, labels: {} }],
    [[["cwd", "default"]], kind({ cwd: "/work" })],
    [[["cwd", "~"]], kind({ cwd: "/home/ada" })],
    [[["args", "c 'd e'"]], kind({ mode: { ...mode, args: ["c", "d e"] } })],
    [[["runtime", "sh"]], kind({ mode: { ...mode, runtime: "sh" } })],
    [[["script", "new"]], kind({ mode: { ...mode, body: "new" } })],
    [[["run", "default"]], kind({ mode: { type: "script", runtime: "bash", body: "default", args: [] } })],
    [[["command", "[x, y]"]], kind({ mode: { type: "command", command: "x", args: ["y"] } })],
    [
      [["restart", "{policy: always, interval: 5m}"]],
      spec({ restart: { policy: "always", intervalMs: 300_000 } }),
    ],
    [[["hold", "true"]], spec({ hold: true })],
  ];

  test.each(
    CASES.map(([pairs, expected]) => ({
      pairs,
      expected,
      what: pairs.map((pair) => pair.join("=")).join(" "),
    })),
  )("$what", async ({ pairs, expected }) => {
    expect(await edited(...pairs)).toEqual(expected);
  });

  test("restricts retries to the default failures again when the number of retries is unset", async () => {
    const result = await editFields(TASK, [["retries", "default"]], CONTEXT);
    expect(result).toMatchObject({
      ok: true,
      value: { spec: { retry: { maxAttempts: 4, scope: "transient" } } },
    });
  });

  test("leaves the task as it was", async () => {
    const before = structuredClone(TASK);
    await edited(["env.A", "other"], ["labels.k", ""], ["retries", "default"], ["cpus", "9"]);
    expect(TASK).toEqual(before);
  });

  test.each([
    [["name", "x"], '"name" cannot be changed after submission'],
    [["annotations.a", "x"], '"annotations.a" cannot be changed after submission'],
    [["timeout", "90"], '"timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m'],
    [["timeout", ""], '"timeout" is "", wanted a duration such as 90s, 15m or 1h30m'],
    [["priorty", "1"], '"priorty" is unknown'],
    [["security", "[1]"], '"security" is not supported yet'],
    [["slot", "a b"], '"slot" is "a b", wanted letters, digits, dots, dashes and underscores'],
    [["run", ""], '"run" is empty, wanted text'],
    [
      ["retry", "3"],
      '"retry" is 3, wanted a mapping with maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass',
    ],
  ] as [[string, string], string][])("%j is refused", async (pair, message) => {
    const result = await editFields(TASK, [pair], CONTEXT);
    expect(result.ok ? [] : result.error.map((one) => one.message)).toEqual([message]);
  });

  test("applies all pairs, or none and reports all faults", async () => {
    const result = await editFields(
      TASK,
      [
        ["priority", "1"],
        ["timeout", "x"],
        ["name", "y"],
      ],
      CONTEXT,
    );
    expect(result.ok).toBe(false);
    expect(result.ok ? 0 : result.error.length).toBe(2);
  });
});

test("an edit keeps the name of a script's file as long as it keeps the text", async () => {
  const { spec, labels } = draftIn("run: a\n");
  const { kind } = spec;
  if (kind.mode.type !== "script") throw new Error("it is no script");
  const task = { labels, spec: { ...spec, kind: { ...kind, mode: { ...kind.mode, file: "a.sh" } } } as Spec };
  const fileAfter = async (key: string, value: string): Promise<unknown> => {
    const edited = await editFields(task, [[key, value]], CONTEXT);
    return edited.ok ? { file: "none", ...edited.value.spec.kind.mode }.file : edited.error;
  };
  expect(await fileAfter("priority", "7")).toBe("a.sh");
  expect(await fileAfter("args", "[x]")).toBe("a.sh");
  expect(await fileAfter("run", "a")).toBe("a.sh");
  expect(await fileAfter("run", "b")).toBe("none");
});
