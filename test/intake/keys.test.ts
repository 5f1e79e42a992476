import { describe, expect, test } from "bun:test";
import { getAt, type Tree } from "../../src/intake/candidate.ts";
import { FIELDS } from "../../src/intake/fields.ts";
import { OF_SCHEDULES, UNSUPPORTED } from "../../src/intake/unsupported.ts";
import type { Draft } from "../../src/model/submission.ts";
import { KEYS } from "./key-cases.ts";
import { draftIn, faultsIn } from "./rig.ts";

const withProgram = (text: string): string =>
  /^(run|command|script):/m.test(text) ? text : `run: work\n${text}`;

describe("readSubmission()", () => {
  const rows = Object.entries(KEYS).flatMap(([key, cases]) => cases.map((one) => ({ key, ...one })));

  test.each(rows)("$key: $text", ({ text, at, value }) => {
    expect(getAt(draftIn(withProgram(text)) as unknown as Tree, at)).toEqual(value);
  });

  test("is tested with every key", () => {
    expect(Object.keys(KEYS).toSorted()).toEqual(Object.keys(FIELDS).toSorted());
  });

  test("fills in the defaults", () => {
    const expected: Draft = {
      name: "work",
      labels: {},
      annotations: {},
      spec: {
        kind: {
          type: "subprocess",
          mode: { type: "script", runtime: "sh", body: "work", args: [] },
          cwd: "/work",
          env: {},
          environment: { policy: "inherit" },
          failOnNonZero: true,
        },
        priority: 0,
        resources: {},
        restart: { policy: "onFailure" },
        retry: { maxAttempts: 4, scope: "transient", maxOrphans: 3, onOrphan: "requeue" },
        backoff: { firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: "full" },
        stopGraceMs: 30_000,
        logs: { separate: false, maxBytes: 268_435_456 },
        hold: false,
      },
    };
    expect(draftIn("run: work")).toEqual(expected);
  });

  test.each([
    ["run: a", { gpus: 2 }],
    ["run: a\ngpus: 1", { gpus: 1 }],
    ["run: a\nvram: 8GiB", { vramBytes: 8 * 2 ** 30 }],
    ["run: a\nvram: 8GiB\ngpus: 2", { gpus: 2, vramBytes: 8 * 2 ** 30 }],
  ])("%j under a default of 2 GPUs takes %j", (yaml, resources) => {
    expect(draftIn(yaml, { defaults: { gpus: 2 } }).spec.resources).toEqual(resources);
  });

  test("ignores null, and takes the home's defaults for keys that the task leaves out", () => {
    const defaults = { timeoutMs: 60_000, retries: 1, priority: 7 };
    expect(draftIn("run: a\ntimeout: null\npriority: ~", { defaults }).spec).toMatchObject({
      timeoutMs: 60_000,
      priority: 7,
      retry: { maxAttempts: 2, scope: "any" },
    });
    expect(draftIn("run: a\ntimeout: 1h\nretries: 0\npriority: 1", { defaults }).spec).toMatchObject({
      timeoutMs: 3_600_000,
      priority: 1,
      retry: { maxAttempts: 1 },
    });
  });

  test.each(Object.keys(UNSUPPORTED))("refuses %s with any value", (key) => {
    const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(faultsIn(`run: a\n${key}: [1]`)).toEqual([`2:1 "${key}" is not supported yet`]);
    expect(faultsIn(`run: a\n${snake}: {}`)).toEqual([`2:1 "${snake}" is not supported yet`]);
  });
});

test.each([...OF_SCHEDULES])("a task file with %s is told to become a file of schedules/", (key) => {
  expect(faultsIn(`run: a\n${key}: 1h`)).toEqual([
    `2:1 "${key}" is a key of a schedule, which is a file around its task`,
  ]);
});
