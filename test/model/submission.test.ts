import { describe, expect, test } from "bun:test";
import { makeTaskId } from "../../src/model/identity.ts";
import { accepted, checkDraft } from "../../src/model/submission.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aDraft, aSpec, at } from "../rig/tasks.ts";

describe("checkDraft()", () => {
  test("returns a valid draft unchanged", () => {
    const draft = aDraft({ labels: { team: "a" }, annotations: { "": "any text" } });
    expect(valueOf(checkDraft(draft))).toEqual(draft);
  });

  test("finds all faults at once, each with its place", () => {
    const { backoff } = aSpec();
    const wrong = {
      ...aDraft(),
      name: "9lives",
      colour: "red",
      spec: {
        ...aSpec(),
        priority: 1_001,
        timeoutMs: 0,
        backoff: { ...backoff, firstMs: 60_000 },
        resources: { cpu: 1 },
      },
    };
    const faults = errorOf(checkDraft(wrong)).map(
      ({ path, isUnknownKey }) => `${path.join(".")}${isUnknownKey ? " is unknown" : ""}`,
    );
    expect(faults.toSorted()).toEqual([
      "colour is unknown",
      "name",
      "spec.backoff",
      "spec.priority",
      "spec.resources.cpu is unknown",
      "spec.timeoutMs",
    ]);
  });

  test.each([
    ["nothing", null],
    ["a list", []],
    ["a text", "train"],
    ["an empty object", {}],
    ["a draft without a spec", { ...aDraft(), spec: null }],
  ])("refuses %s", (_what, candidate) => {
    expect(errorOf(checkDraft(candidate)).length).toBeGreaterThan(0);
  });
});

describe("accepted()", () => {
  const acceptance = {
    id: makeTaskId(3, "train"),
    number: 3,
    uid: "u",
    at: at(),
    createdBy: "ada",
    source: "inbox",
  } as const;

  test("makes the first version of a record", () => {
    const draft = aDraft({ labels: { team: "a" } });
    const { at: _at, ...identity } = acceptance;
    expect(accepted(draft, { ...acceptance, environment: "e", resubmitOf: makeTaskId(1, "train") })).toEqual({
      metadata: {
        ...identity,
        name: "train",
        generation: 1,
        resourceVersion: 1,
        epoch: 1,
        createdAt: at(),
        updatedAt: at(),
        labels: { team: "a" },
        annotations: {},
        environment: "e",
        resubmitOf: makeTaskId(1, "train"),
      },
      spec: draft.spec,
      status: {
        state: "queued",
        attempt: 0,
        consecutiveFailures: 0,
        orphanCount: 0,
        observedGeneration: 0,
        attempts: [],
      },
    });
  });
});
