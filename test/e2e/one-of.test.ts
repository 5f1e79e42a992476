import { expect, test } from "bun:test";
import { Stint } from "../rig/stint.ts";

test.concurrent("a child of one of several starts when the first has succeeded, and waits in vain when none did", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "bad", "--", "false");
  await stint.ok("submit", "--name", "slow", "--", "sh", "-c", "until test -e $HOME/go; do sleep 0.02; done");
  await stint.ok("submit", "--name", "good", "--hold", "--", "true");
  const yaml = `name: child\nafter: {anyOf: [bad, slow, good]}\nrun: 'true'\n`;
  expect(await stint.run(["submit", "-"], { input: yaml })).toMatchObject({ code: 0, err: "" });
  await stint.ok("submit", "--name", "vain", "--after-one-of", "1", "--after-one-of", "2", "--", "true");
  expect(await stint.ok("explain", "4")).toContain("Waiting for one of 3 tasks (1-3) to succeed.\n");
  expect(await stint.ok("show", "5")).toContain("000001-bad or 000002-slow");
  await stint.up("--jobs", "4");
  await stint.reach(1, "failed");
  expect(stint.record(4).status.state).toBe("queued");
  await stint.ok("release", "3");
  // The slow one still runs.
  await stint.reach(4, "completed");
  expect(stint.record(2).status.state).toBe("running");
  expect(await stint.ok("ls", "--tree", "--all")).toContain("waits for 000002-slow; or after 1");
  await stint.ok("cancel", "--force", "2");
  await stint.reach(2, "cancelled");
  expect(await stint.ok("explain", "5")).toContain(
    "Waiting for one of 2 tasks (1-2) to succeed, but none did: 1 failed, 2 was cancelled.\nRetry one: stint retry 1   or cancel this one: stint cancel 5",
  );
  const hopeless = "name: off\nafterOneOf: [1, 2]\nonParentFailure: cancel\nrun: 'true'\n";
  await stint.run(["submit", "-"], { input: hopeless });
  await stint.reach(6, "cancelled");
  expect(stint.record(6).status["message"]).toBe("none of its 2 parents has succeeded");
});
