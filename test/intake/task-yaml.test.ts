import { describe, expect, test } from "bun:test";
import { readTaskYaml, taskYaml } from "../../src/intake/task-yaml.ts";
import type { Draft } from "../../src/model/submission.ts";
import { inZone } from "../rig/surroundings.ts";
import { aTask } from "../rig/tasks.ts";
import { KEYS } from "./key-cases.ts";
import { CONTEXT, draftIn } from "./rig.ts";

type Written = Parameters<typeof taskYaml>[0];
const written = ({ name, labels, spec }: Draft): Written => ({ metadata: { name, labels }, spec });
const withProgram = (text: string): string =>
  /^(run|command|script):/m.test(text) ? text : `run: work\n${text}`;
const isRecord = (text: string): boolean => text.startsWith("metadata:");

describe("taskYaml()", () => {
  test.each(Object.values(KEYS).flat())("of %j has the words of a file, and means the same", ({ text }) => {
    const task = written(draftIn(withProgram(text)));
    const yaml = taskYaml(task, CONTEXT);
    expect(isRecord(yaml)).toBeFalse();
    expect(readTaskYaml(yaml, task, CONTEXT)).toEqual({
      ok: true,
      value: { spec: task.spec, labels: task.metadata.labels },
    });
  });

  test("is short, and keeps a program as it was written", () => {
    const text = `run: |
  python train.py --lr 0.1
  echo "done: $?"
cwd: /work
env:
  SEED: "3"
memory: 64GB
limits:
  memory: 80GB
timeout: 1h30m
retries: 2
backoff:
  first: 1m
  max: 1h
restart: always:10m
notify:
  failure:
    - command: mail -s failed ada
labels:
  paper: fig3
`;
    expect(taskYaml(written(draftIn(text)), CONTEXT)).toBe(text);
  });

  test.each([
    ["America/New_York", "2026-11-30T03:00:00-05:00"],
    ["UTC", "2026-11-30T08:00:00+00:00"],
  ])("has times of %s, with their offset", (zone, local) => {
    const [task, yaml] = inZone(zone, () => {
      const made = written(draftIn("run: work\nat: 2026-11-30T08:00:00Z"));
      return [made, taskYaml(made, CONTEXT)] as const;
    });
    expect(yaml).toContain(`notBefore: ${local}\n`);
    expect(readTaskYaml(yaml, task, CONTEXT)).toMatchObject({ ok: true, value: { spec: task.spec } });
  });

  test.each([
    ["bash", "run: work\n"],
    ["sh", "run: work\nruntime: sh\n"],
    ["python", "script: work\nruntime: python\n"],
  ])("tells that %s runs a text, where this machine's shell would not", (runtime, yaml) => {
    const context = { ...CONTEXT, defaults: { runtime: "bash" as const } };
    const task = written(draftIn(`run: work\nruntime: ${runtime}`, context));
    expect(taskYaml(task, context)).toBe(`${yaml}cwd: /work\n`);
  });

  test("of what no key can say is a record, which can be read too", () => {
    const { spec, metadata } = aTask({ spec: { restart: { policy: "always", intervalMs: 0.5 } } });
    const yaml = taskYaml({ spec, metadata }, CONTEXT);
    expect(isRecord(yaml)).toBeTrue();
    const plain = aTask();
    expect(readTaskYaml(yaml.replace("0.5", "1000"), plain, CONTEXT)).toMatchObject({
      ok: true,
      value: { spec: { restart: { policy: "always", intervalMs: 1_000 } } },
    });
  });
});

describe("readTaskYaml()", () => {
  const parent = { task: aTask({ number: 9 }).metadata.id, when: "success" } as const;
  const task = aTask({ spec: { after: [parent], priority: 5 }, metadata: { labels: { a: "b" } } });
  const faultsOf = (text: string): string[] => {
    const read = readTaskYaml(text, task, CONTEXT);
    return read.ok ? [] : read.error.map(({ line, message }) => `${line} ${message}`);
  };

  test("keeps the parents, and gives the default where a key is left out", () => {
    expect(readTaskYaml("# a comment\nrun: other\n", task, CONTEXT)).toMatchObject({
      ok: true,
      value: {
        labels: {},
        spec: { after: [parent], priority: 0, kind: { cwd: "/", mode: { body: "other" } } },
      },
    });
  });

  test.each([
    [
      "run: a\ntimeout: 90\n",
      ['2 "timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m'],
    ],
    ["run: a\nname: b\n", ['2 "name" cannot be changed after submission']],
    ["run: a\nafter: b\n", ['2 "after" cannot be changed after submission']],
    ["run: a\narray: 1-3\n", ['2 "array" is not allowed here']],
    ["priority: 3\n", ["1 the task has nothing to run, wanted one of run, command or script"]],
    ["run: a\n---\nrun: b\n", ["3 the text is not one mapping, wanted the keys of one task"]],
    ["- a\n", ["1 the text is not one mapping, wanted the keys of one task"]],
    ["run: [\n", ['1 YAML reads "[" at the beginning of a value as a list']],
  ])("refuses %j by its line", (text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });
});
