import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** A job that ends with a code once a file with its name is there. */
const ends = (code: number): readonly string[] => [
  "sh",
  "-c",
  `until test -e $HOME/$STINT_TASK_NAME; do sleep 0.02; done; exit ${code}`,
];

test("wait --any ends with the first task that ends, with its id and its exit code", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "slow", "--retries", "0", "--", ...ends(0));
  await stint.ok("submit", "--name", "fast", "--retries", "0", "--", ...ends(7));
  await stint.up();
  await until("both run", () => stint.records().every(({ status }) => status.state === "running"));
  const waiting = stint.start(["wait", "--any", "slow", "fast"]);
  writeFileSync(join(stint.root, "fast"), "");
  expect([await new Response(waiting.stdout).text(), await waiting.exited]).toEqual(["000002-fast\n", 7]);
  expect(stint.record(1).status.state).toBe("running");
  // What has ended already counts, by the time of its end.
  writeFileSync(join(stint.root, "slow"), "");
  await stint.ok("wait", "slow");
  expect(await stint.run(["wait", "--any", "-q", "1-2"])).toEqual({ code: 7, out: "000002-fast\n", err: "" });
});

test("wait --any gives up after its timeout, and says nothing on stdout", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--array", "1-2", "--", "true");
  expect(await stint.run(["wait", "--any", "1-2", "--timeout", "100ms"])).toMatchObject({
    code: 124,
    out: "",
  });
});
