import { describe, expect, test } from "bun:test";
import { matches, type Query } from "../../src/model/query.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { after, asRunning, aTask, at, exited, killedBy, NOW_MS, taskIn } from "../rig/tasks.ts";

const task = aTask({
  name: "train-resnet.v2",
  metadata: {
    labels: { team: "vision", run: "7" },
    updatedAt: at(1_000),
    group: { id: 4, name: "train", index: 2, size: 9, values: {} },
  },
});
const killed = after(aTask(), killedBy("SIGKILL"));

describe("matches()", () => {
  test.each([
    ["nothing asked", {}, true],
    ["its state", { states: ["queued"] }, true],
    ["one of two states", { states: ["failed", "queued"] }, true],
    ["another state", { states: ["failed"] }, false],
    ["no state at all", { states: [] }, false],
    ["its name", { name: "train-resnet.v2" }, true],
    ["a part of its name", { name: "train" }, false],
    ["a pattern", { name: "train-*" }, true],
    ["a pattern on both sides", { name: "*resnet*" }, true],
    ["a star for nothing", { name: "train-resnet.v2*" }, true],
    ["a star alone", { name: "*" }, true],
    ["a dot for any character", { name: "train-resnet?v2" }, false],
    ["a pattern of regular expressions", { name: "train.*" }, false],
    ["a pattern that fits in many ways up to its end", { name: `${"*a*e*n".repeat(40)}b` }, false],
    ["brackets", { name: "[t]rain-resnet.v2" }, false],
    ["its label", { labels: { team: "vision" } }, true],
    ["both labels", { labels: { team: "vision", run: "7" } }, true],
    ["one label of two", { labels: { team: "vision", run: "8" } }, false],
    ["a label that it does not have", { labels: { owner: "ada" } }, false],
    ["a label that every object has", { labels: { constructor: "Object" } }, false],
    ["the moment of its change", { sinceMs: NOW_MS + 1_000 }, true],
    ["a moment after its change", { sinceMs: NOW_MS + 1_001 }, false],
    ["its sweep", { group: 4 }, true],
    ["another sweep", { group: 5 }, false],
    ["a failure that it did not have", { failure: "code" }, false],
    ["its state and another name", { states: ["queued"], name: "x" }, false],
  ] satisfies [string, Query, boolean][])("%s: %j is %p", (_what, query, isMeant) => {
    expect(matches(task, query)).toBe(isMeant);
  });

  test.each([
    ["infrastructure", killed, true],
    ["Infrastructure", killed, true],
    ["KILLED", killed, true],
    ["killed", killed, true],
    ["kill", killed, false],
    ["code", killed, false],
    ["exit-nonzero", taskIn("failed"), true],
    ["EXIT_NONZERO", taskIn("failed"), true],
    ["code", taskIn("completed"), false],
    ["code", taskIn("cancelled"), false],
    ["killed", asRunning(killed), false],
    ["killed", after(killed, exited(1)), false],
  ])("failure %s of the last attempt", (failure, of, isMeant) => {
    expect(matches(of, { failure })).toBe(isMeant);
  });

  test("is true for a query exactly where it is true for each part of it", () => {
    const anyQuery: fc.Arbitrary<Query> = fc.record(
      {
        states: fc.subarray(["queued", "running", "failed", "completed"] as const),
        name: fc.constantFrom("*", "a*", "*b"),
        failure: fc.constantFrom("code", "killed"),
        sinceMs: fc.integer({ min: NOW_MS - 5, max: NOW_MS + 5 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyTask, anyQuery, (of, query) => {
        const parts = Object.entries(query).map(([key, value]) => matches(of, { [key]: value }));
        expect(matches(of, query)).toBe(parts.every(Boolean));
      }),
    );
  });
});
