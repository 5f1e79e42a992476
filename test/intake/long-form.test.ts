import { describe, expect, test } from "bun:test";
import { stringify } from "yaml";
import { makeTaskId } from "../../src/model/identity.ts";
import { accepted, checkDraft } from "../../src/model/submission.ts";
import { fc } from "../rig/fast-check.ts";
import { anyDraft } from "./drafts.ts";
import { draftIn, draftsIn, faultsIn, hintsIn } from "./rig.ts";

const HAND_WRITTEN = `
metadata:
  name: train
spec:
  kind: {type: subprocess, mode: {type: command, command: python}}
`;

describe("readSubmission() on the long form", () => {
  test("reads back every draft that was written, as YAML and as JSON", () => {
    fc.assert(
      fc.property(anyDraft, ({ name, labels, annotations, spec }) => {
        const document = { metadata: { name, labels, annotations }, spec };
        const draft = { name, labels, annotations, spec };
        expect(checkDraft(draft)).toEqual({ ok: true, value: draft });
        expect(draftIn(stringify(document))).toEqual(draft);
        expect(draftIn(JSON.stringify(document, null, 2))).toEqual(draft);
      }),
      { numRuns: 100 },
    );
  });

  test("takes the word that people have for what records call on", () => {
    const receiver = "[{type: ping, url: https://a.org}]";
    const written = (key: string) => draftIn(`${HAND_WRITTEN}  ${key}: {failure: ${receiver}}\n`);
    expect(written("notify")).toEqual(written("on"));
    expect(written("notify").spec.on?.failure).toHaveLength(1);
  });

  test("makes a new task of a whole record, and a batch of several", () => {
    const draft = draftIn("name: a\nrun: b\ntimeout: 5m\nlabels: {c: d}");
    const task = accepted(draft, {
      id: makeTaskId(7, "a"),
      number: 7,
      uid: "u",
      at: "2026-01-01T00:00:00.000Z",
      createdBy: "ada",
      source: "cli",
    });
    const shown = JSON.stringify(
      {
        formatVersion: 1,
        ...task,
        status: { ...task.status, phase: "Pending" },
        progress: { percent: 3 },
        execution_summary: { duration_ms: 1 },
      },
      null,
      2,
    );
    expect(draftsIn(`${shown}\n---\n${shown}`)).toEqual([draft, draft]);
  });

  test("fills in what is left out, and accepts snake_case", () => {
    const plain = draftIn("name: train\ncommand: [python]");
    expect(draftIn(HAND_WRITTEN)).toEqual(plain);
    expect(draftIn(`${HAND_WRITTEN}  timeout_ms: 500\n  retry: {max_attempts: 9}\n`).spec).toEqual({
      ...plain.spec,
      timeoutMs: 500,
      retry: { ...plain.spec.retry, maxAttempts: 9 },
    });
  });

  test("leaves the names of variables and labels as they are", () => {
    const text =
      "metadata: {labels: {my_label: a}}\nspec:\n  kind: {type: subprocess, mode: {type: command, command: a}, env: {my_var: b}}";
    expect(draftIn(text)).toMatchObject({
      labels: { my_label: "a" },
      spec: { kind: { env: { my_var: "b" } } },
    });
  });

  test("ignores the defaults of a home", () => {
    expect(draftIn(HAND_WRITTEN, { defaults: { timeoutMs: 5 } }).spec).not.toHaveProperty("timeoutMs");
  });

  test.each([
    ["priority: 5000", '6:13 "spec.priority": Invalid value: Expected <=1000 but received 5000'],
    ["priority: high", '6:13 "spec.priority": Invalid type: Expected number but received "high"'],
    ["priorty: 5", '6:3 "spec.priorty" is unknown'],
    ["backoff: {first: 5}", '6:13 "spec.backoff.first" is unknown'],
    ["logs: {maxBytes: 1}", '6:20 "spec.logs.maxBytes": Invalid value: Expected >=65536 but received 1'],
    [
      "restart: {policy: always}",
      '6:12 "spec.restart.intervalMs": Invalid key: Expected "intervalMs" but received undefined',
    ],
    ["resources: 5", '6:14 "spec.resources": Invalid type: Expected Object but received 5'],
  ])("points at the fault of %s", (line, fault) => {
    expect(faultsIn(`${HAND_WRITTEN}  ${line}\n`)).toEqual([fault]);
  });

  test("points at faults in lists and sections, and at missing keys", () => {
    const text =
      "formatVersion: 2\nmetadata: {nme: a, name: 3x}\nspec:\n  kind: {type: subprocess, mode: {type: command, command: a, args: [b, 5]}}\nextra: 1\n";
    expect(faultsIn(text)).toEqual([
      "1:16 the record was written by a newer stint: format 2, wanted at most 1",
      '2:12 "metadata.nme" is unknown',
      expect.stringMatching(/^2:26 "metadata.name": Invalid format/),
      '4:72 "spec.kind.mode.args.1": Invalid type: Expected string but received 5',
      '5:1 "extra" is unknown, wanted formatVersion, metadata, spec or status',
    ]);
    expect(hintsIn(text)[1]).toBe("did you mean name?");
    expect(faultsIn("metadata: {}\nspec: {}")).toEqual([
      '2:7 "spec.kind.mode": Invalid key: Expected "mode" but received undefined',
    ]);
    expect(faultsIn("spec: 5\nmetadata: 6")).toEqual([
      '1:7 "spec": Invalid type: Expected Object but received 5',
      '2:11 "metadata" is 6, wanted a mapping',
    ]);
  });
});
