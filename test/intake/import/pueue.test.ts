import { describe, expect, test } from "bun:test";
import { readPueue } from "../../../src/intake/import/pueue.ts";
import { importedBy, importFaults } from "./rig.ts";

const GROUPS = {
  default: { status: "Running", parallel_tasks: 1 },
  gpu: { status: "Paused", parallel_tasks: 2 },
  wide: { status: "Running", parallel_tasks: 0 },
};

/** A status as pueue prints it, with the tasks given by id. */
const statusOf = (tasks: Record<number, object>, groups: object = GROUPS): string =>
  JSON.stringify({
    groups,
    tasks: Object.fromEntries(
      Object.entries(tasks).map(([id, more]) => [
        id,
        {
          id: Number(id),
          original_command: "alias",
          command: "./train.sh --lr 1",
          path: "/srv/app",
          envs: {},
          group: "wide",
          dependencies: [],
          priority: 0,
          label: null,
          ...more,
        },
      ]),
    ),
  });

/** How versions 2 and 3 tell a state, and how 4 does. */
const SHAPES = {
  3: (state: string, result: unknown = "Success") => (state === "Done" ? { Done: result } : state),
  4: (state: string, result: unknown = "Success") => ({
    [state]: { enqueued_at: "2026-05-01T08:00:00+00:00", ...(state === "Done" && { result }) },
  }),
};

const keysOf = (text: string): unknown[] =>
  importedBy(readPueue, text).drafts.map(
    ({ name, parents, spec: { kind, priority, hold, slot, notBefore } }) => ({
      name,
      ...(parents !== undefined && { after: parents.map(({ reference }) => reference) }),
      body: kind.mode.type === "script" ? kind.mode.body : "",
      priority,
      hold,
      slot,
      notBefore,
    }),
  );

describe.each([3, 4] as const)("the status of pueue %d", (version) => {
  const status = SHAPES[version];

  test("becomes a task file of what waits, in its order, and the rest is named", () => {
    const text = statusOf({
      0: { status: status("Done") },
      1: { status: status("Running"), command: "make all" },
      2: { status: status("Queued"), dependencies: [0], priority: 3, group: "default" },
      3: { status: status("Queued"), dependencies: [2], label: "Second run!", command: "ls" },
      4: { status: status("Paused"), command: "sleep 9" },
    });
    expect(keysOf(text)).toEqual([
      { name: "train.sh-lr-1", body: "./train.sh --lr 1", priority: 3, hold: false, slot: "default" },
      { name: "Second-run", after: ["train.sh-lr-1"], body: "ls", priority: 0, hold: false },
    ]);
    const { leftOut, afterwards } = importedBy(readPueue, text);
    expect(leftOut.map(({ what }) => what)).toEqual([
      "the task 1 is running and stays in pueue: make all",
      "the task 4 is paused and stays in pueue: sleep 9",
    ]);
    expect(afterwards).toEndWith("or they run twice: pueue remove 2 3");
  });

  test("holds what must not start by itself, and says why", () => {
    const text = statusOf({
      1: { status: status("Running") },
      2: { status: status("Done", { Failed: 1 }) },
      3: { status: status("Queued"), dependencies: [1], label: "a" },
      4: { status: status("Queued"), dependencies: [2], label: "b" },
      5: { status: status("Queued"), group: "gpu", label: "c", priority: -2 },
      6: { status: status("Stashed"), label: "d" },
    });
    const { drafts, files } = importedBy(readPueue, text);
    expect(drafts.map(({ spec }) => spec.hold)).toEqual([true, true, true, true]);
    expect(files[0]?.notes).toEqual([
      "a is held, as its dependency 1 runs in pueue: stint release a",
      "b is held, as its dependency 2 failed in pueue: stint release b",
      "c is held, as the group gpu is paused: stint release c",
      "c has the priority 0: there is none below (-2 in pueue)",
      "d is held, as it is stashed: stint release d",
      'the group gpu runs 2 at a time; here with concurrency: {labels: {"group=gpu": 2}} in config.yaml',
    ]);
  });
});

test("a task of pueue that is stashed until a time starts then", () => {
  const enqueued = { Stashed: { enqueue_at: "2026-12-24T08:00:00+01:00" } };
  expect(keysOf(statusOf({ 1: { status: enqueued } }))).toMatchObject([
    { hold: false, notBefore: "2026-12-24T07:00:00.000Z" },
  ]);
});

test("the environment of a task of pueue is its own and whole, and nothing in it is expanded", () => {
  const envs = { PATH: "/bin:$X", PW: "a${b}$c", PUEUE_GROUP: "default", SHLVL: "1", PWD: "/" };
  const { drafts, differences } = importedBy(readPueue, statusOf({ 1: { status: "Queued", envs } }));
  const { kind } = drafts[0]?.spec ?? {};
  expect(kind).toMatchObject({
    cwd: "/srv/app",
    mode: { type: "script", runtime: "sh" },
    environment: { policy: "clear" },
    env: { PATH: "/bin:$$X", PW: "a$${b}$c" },
    expands: ["PATH", "PW"],
  });
  expect(Object.keys(kind?.env ?? {})).toEqual(["PATH", "PW"]);
  expect(differences.at(-1)).toContain("secrets included");
  const without = importedBy(readPueue, statusOf({ 1: { status: "Queued" } }));
  expect(without.drafts[0]?.spec.kind.environment).toEqual({ policy: "inherit" });
  expect(without.differences.at(-1)).toContain("pueue does not tell the environment");
});

test("a status of pueue with nothing that waits makes no file", () => {
  expect(importedBy(readPueue, statusOf({ 1: { status: "Running" } })).files).toEqual([]);
});

test.each([
  ["ID State", "source:1:1: the text is not JSON, wanted what `pueue status --json` prints"],
  ["[]", "source:1:1: the JSON has no tasks, wanted what `pueue status --json` prints"],
  [
    statusOf({ 7: { status: "Sleeping" } }),
    "source:1:1: the task 7 cannot be read, wanted id, command, path and status",
  ],
  [statusOf({ 7: { status: "Queued", path: null } }), "source:1:1: the task 7 cannot be read"],
])("what pueue does not print is refused: %s", (text, says) => {
  const faults = importFaults(readPueue, text);
  expect(faults).toEqual([expect.stringContaining(says)]);
});
