import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Saves the work of its parent when it is asked to; a signal ends it. */
const HELPER =
  "(trap 'echo helper ended >> $HOME/said; exit' TERM HUP; until test -e $HOME/want; do sleep 0.02; done; echo saved > $HOME/saved; while :; do sleep 0.02; done) &";

async function submit(stint: Stint, lines: readonly string[], more = ""): Promise<void> {
  const yaml = `script: |\n${lines.map((line) => `  ${line}\n`).join("")}${more}`;
  expect(await stint.run(["submit", "-"], { input: yaml })).toMatchObject({ code: 0 });
  await stint.reach(1, "running");
  await until("it is up", () => stint.textOf("up") !== "");
}

describe("a job whose first process saves by a helper", () => {
  const lines = [
    HELPER,
    "trap 'touch $HOME/want; until test -e $HOME/saved; do sleep 0.02; done; echo main saved >> $HOME/said; exit 0' TERM",
    "echo up > $HOME/up",
    "while :; do sleep 0.02; done",
  ];

  test("is asked alone, and the helper gets TERM after it", async () => {
    await using stint = new Stint();
    await stint.up();
    await submit(stint, lines, "stop: {grace: 1h}\n");
    await stint.ok("cancel", "1");
    const { status } = await stint.reach(1, "cancelled");
    expect(status.attempts[0]).toMatchObject({ state: "cancelled", exitCode: 0 });
    expect(stint.textOf("said")).toBe("main saved\nhelper ended\n");
  });

  test("loses the helper where all get the signal at once", async () => {
    await using stint = new Stint();
    await stint.up();
    await submit(stint, lines, "stop: {first: group, grace: 1s}\n");
    await stint.ok("cancel", "1");
    const { status } = await stint.reach(1, "cancelled");
    expect(status.attempts[0]).toMatchObject({ state: "cancelled", signal: "SIGKILL" });
    expect(stint.textOf("said")).toBe("helper ended\n");
  });
});

test("a stop goes on under the next supervisor: main gets no second signal, the others get theirs", async () => {
  await using stint = new Stint();
  await stint.up();
  const lines = [
    HELPER,
    "trap 'echo main got HUP >> $HOME/said' HUP",
    "echo up > $HOME/up",
    "until test -e $HOME/go; do sleep 0.02; done",
  ];
  await submit(stint, lines, "stop: {signal: HUP, grace: 1h}\n");
  const { id } = stint.record(1).metadata;
  await stint.ok("cancel", "1");
  await until("the signal is on record", () => existsSync(join(stint.home, "runs", id, "1/stop-sent")));
  await stint.killSupervisors();
  await stint.up();
  // It has run a few turns once another task is through.
  await stint.ok("submit", "--", "true");
  await stint.reach(2, "completed");
  expect(stint.textOf("said")).toBe("main got HUP\n");
  writeFileSync(join(stint.root, "go"), "");
  await stint.reach(1, "cancelled");
  expect(stint.textOf("said")).toBe("main got HUP\nhelper ended\n");
  expect(stint.files("running")).toEqual([]);
});
