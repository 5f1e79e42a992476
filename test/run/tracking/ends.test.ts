import { describe, expect, test } from "bun:test";
import type { FoundEnd } from "../../../src/model/found-end.ts";
import { statusOfEnd, type TrackedRun, untrueRuns } from "../../../src/run/tracking/ends.ts";

const END_MS = 100_000;

function run(id: string, status: string, end: number | null = null): TrackedRun {
  return { id, status, end, experiment: "1" };
}

describe("untrueRuns()", () => {
  test("ends what a killed client left open, and leaves what ended before", () => {
    const runs = [run("a", "FINISHED", 1_000), run("b", "RUNNING"), run("c", "SCHEDULED", 0)];
    expect(untrueRuns(runs, "KILLED", END_MS)).toEqual([
      { id: "b", status: "KILLED", end: END_MS },
      { id: "c", status: "KILLED", end: END_MS },
    ]);
  });

  test("of a failed job, corrects the run that ended last with the runs that ended with it", () => {
    const runs = [run("a", "FINISHED", 1_000), run("b", "FINISHED", 98_000), run("c", "FINISHED", 99_000)];
    expect(untrueRuns(runs, "FAILED", END_MS)).toEqual([
      { id: "b", status: "FAILED", end: 98_000 },
      { id: "c", status: "FAILED", end: 99_000 },
    ]);
  });

  test("changes nothing where it is true already, so that a repetition changes nothing", () => {
    const runs = [run("a", "FINISHED", 98_000), run("b", "FAILED", 99_000)];
    expect(untrueRuns(runs, "FAILED", END_MS)).toEqual([]);
    expect(untrueRuns([run("a", "FINISHED", 99_000)], "FINISHED", END_MS)).toEqual([]);
    expect(untrueRuns([], "KILLED", END_MS)).toEqual([]);
  });

  test("finishes the run of a client that succeeded without ending it", () => {
    expect(untrueRuns([run("a", "RUNNING")], "FINISHED", END_MS)).toEqual([
      { id: "a", status: "FINISHED", end: END_MS },
    ]);
  });
});

describe("statusOfEnd()", () => {
  const end = (change: object, isStopped = false): FoundEnd => ({
    ending: {
      type: "exited",
      exitCode: 0,
      signal: null,
      signalInferred: false,
      sawTerm: false,
      ...change,
    },
    endedAtMs: END_MS,
    isStopped,
    oomKilled: false,
  });

  test.each([
    ["FINISHED", end({}), true],
    ["FAILED", end({ exitCode: 3 }), true],
    ["FINISHED", end({ exitCode: 3 }), false],
    ["KILLED", end({ exitCode: null, signal: "SIGKILL" }), true],
    ["KILLED", end({ exitCode: 137, signal: "SIGKILL", signalInferred: true }), true],
    ["KILLED", end({}, true), true],
  ] as const)("%s", (status, found, failOnNonZero) => {
    expect(statusOfEnd(found, failOnNonZero)).toBe(status);
  });

  test("a job that was lost is KILLED", () => {
    const lost = { ...end({}), ending: { type: "lost" as const, signal: null, note: "gone" } };
    expect(statusOfEnd(lost, true)).toBe("KILLED");
  });
});
