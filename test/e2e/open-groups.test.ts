import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint, until } from "../rig/stint.ts";

function groupOf({ metadata }: RecordView): { id: string; name: string } {
  return metadata["openGroup"] as { id: string; name: string };
}

test.concurrent("several submissions fill a group, which is one thing to all verbs until it is closed", async () => {
  await using stint = new Stint();
  writeFileSync(
    join(stint.root, "f.yaml"),
    'run: "true"\n---\nrun: echo ${{ matrix.n }}\nmatrix: {n: 1-2}\n',
  );
  const first = await stint.run(["submit", "--to", "night", "--name", "night", "--", "true"]);
  expect(first.err).toContain("group night is open: stint close night");
  await stint.ok("submit", "--to", "night", "f.yaml");
  await stint.ok("submit", "--to", "night", "--", "sh", "-c", "exit 7");
  await stint.ok("submit", "--name", "other", "--", "true");
  expect((await stint.run(["submit", "--after", "night", "--", "true"])).err).toContain(
    'it waits for "night", a group that is open: more tasks may join it [INVALID_DEPENDENCY]\n  close it first: stint close night',
  );
  expect((await stint.run(["ls"])).err).toContain("group night is open: stint close night (5 tasks left)");
  // The drain is not held up; it says what is open.
  const drained = await stint.run(["drain"]);
  expect(drained.err).toContain("group night is open: stint close night (no task is left in it)");
  expect((await stint.run(["clean", "--older-than", "0s"])).err).toContain('the group "night" is open');
  expect(await stint.ok("ls", "-q", "night")).not.toContain("other");
  expect(await stint.ok("show", "--home", stint.home, "night")).toContain("members   5, 5 ended");
  // Its members have ended, and more may join: a wait goes on.
  const waiting = stint.start(["wait", "night"]);
  const told = await waiting.stderr.getReader().read();
  expect(new TextDecoder().decode(told.value)).toContain("group night is open: stint close night");
  await stint.ok("submit", "--to", "night", "--", "sh", "-c", "exit 9");
  expect(await stint.ok("hold", "--group", "night")).toBe("000007-exit-9 held");
  expect(await stint.ok("close", "night")).toBe("night closed, 1 task left");
  const child = await stint.ok("submit", "--after-any", "night", "--name", "child", "--", "true");
  await stint.ok("release", "night");
  await stint.run(["drain"]);
  expect(await waiting.exited).toBe(9);
  // Those that had succeeded before it was queued are its parents too.
  expect(stint.record(Number.parseInt(child, 10))).toMatchObject({
    status: { state: "completed" },
    spec: { after: { length: 6 } },
  });
  const shown = JSON.parse(await stint.ok("show", "night", "--json")) as Record<string, unknown>;
  expect(shown).toMatchObject({ state: "closed", known: 6, ended: 6, states: { completed: 4, failed: 2 } });
  expect(new Set(stint.records().flatMap((one) => groupOf(one)?.id ?? [])).size).toBe(1);
  for (const [words, why] of [
    [["close", "night"], 'Cannot close the group "night": it was closed at'],
    [["submit", "--to", "night", "--", "true"], 'Cannot join the group "night": it was closed at'],
  ] as const) {
    const refused = await stint.run(words);
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).toContain(why);
  }
  expect(await stint.run(["close", "nosuch"])).toMatchObject({ code: 3 });
  await stint.ok("clean", "--group", "night", "--older-than", "0s", "--dead-letter");
  await stint.ok("submit", "--to", "night", "--", "true");
});

test.concurrent("the end of a group is told once, after it was closed and all have ended, to the receivers of any submission", async () => {
  await using stint = new Stint();
  const tell = `{ command: 'echo "$STINT_BATCH_COMPLETED of $STINT_BATCH_TOTAL" >> $HOME/told' }`;
  const task = `run: "true"\nnotify: { batchEnd: ${tell} }\n`;
  await stint.up();
  await stint.run(["submit", "--to", "a", "-"], { input: task });
  await stint.ok("submit", "--to", "a", "--", "true");
  await stint.reach(1, "completed");
  await stint.reach(2, "completed");
  expect(stint.textOf("told")).toBe("");
  await stint.ok("close", "a");
  await until("the end is told", () => stint.textOf("told") !== "");
  // Closed first: the last end tells it.
  await stint.run(["submit", "--to", "b", "-"], { input: task });
  await stint.ok("submit", "--to", "b", "--hold", "--", "true");
  await stint.ok("close", "b");
  await stint.reach(3, "completed");
  expect(stint.textOf("told").trim().split("\n")).toHaveLength(1);
  await stint.ok("release", "4");
  await until("both are told", () => stint.textOf("told").trim().split("\n").length === 2);
  expect(stint.textOf("told")).toBe("2 of 2\n2 of 2\n");
});

test.concurrent("of submissions beside a close, each joins as a whole or is refused", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--to", "night", "--", "true");
  await stint.up();
  const submits = Array.from({ length: 6 }, () => stint.run(["submit", "--to", "night", "--", "true"]));
  const closed = stint.run(["close", "night"]);
  const ran = await Promise.all(submits);
  expect((await closed).code).toBe(0);
  expect(ran.filter(({ code }) => code !== 0 && code !== 4)).toEqual([]);
  const joined = ran.filter(({ code }) => code === 0).length;
  expect((await stint.run(["wait", "night"])).code).toBe(0);
  expect(stint.records().map((one) => groupOf(one).name)).toHaveLength(joined + 1);
  // A group without its file is closed: its tasks are found by their records.
  rmSync(join(stint.home, "groups", "night.json"));
  expect(await stint.ok("show", "night")).toContain("state     closed");
});
