import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { supervise } from "../../src/daemon/supervise.ts";
import { problem } from "../../src/model/errors.ts";
import { JobsRig } from "../rig/fake-runner.ts";

test.each([
  ["is quiet where nothing is about to come in", false, true],
  ["is not quiet while the home takes no writes: what was accepted is not published", true, false],
])("a turn %s", async (_what, isDegraded, isQuiet) => {
  await using rig = new JobsRig();
  if (isDegraded) {
    rmSync(rig.home.layout.tmp, { recursive: true });
    rig.supervisor.committer.enterDegraded(problem("WRITE_FAILED", "Cannot write"));
  }
  const seen: boolean[] = [];
  const isDone = (_: unknown, quiet: boolean): boolean => seen.push(quiet) > 0;
  await supervise(rig.supervisor, { sources: [], isDone });
  expect(seen).toEqual([isQuiet]);
});
