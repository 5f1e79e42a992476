import { expect, test } from "bun:test";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { recordText } from "../../src/store/record.ts";
import { canInject } from "../rig/faults.ts";
import { writeHistory } from "../rig/history.ts";
import { Stint } from "../rig/stint.ts";
import { looked } from "../rig/system-calls.ts";
import { taskIn } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";

test("commands on the queue read no record of a task that ended long ago", async () => {
  await using stint = new Stint();
  const layout = homeAt(stint.home);
  writeHistory(layout, 300);
  const done = layout.place("done");
  // A start-up that reads one of these puts it aside.
  const old = readdirSync(done).filter((name) => Number.parseInt(name, 10) <= 290);
  for (const name of old) writeFileSync(join(done, name), "spoilt");
  const supervisor = await stint.up();
  await stint.ok("submit", "--wait", "--", "true");
  expect((await stint.ok("ls")).split("\n").map((line) => line.trim().split(/\s+/)[0])).toContain("300");
  await stint.ok("cancel", await stint.ok("submit", "--hold", "--", "true"));
  await stint.ok("drain");
  supervisor.kill("SIGTERM");
  expect(await new Response(supervisor.stdout).text()).not.toContain("done/");
  expect(await stint.ok("drain")).toBe("nothing is left to do");
  expect(readdirSync(done).filter((name) => old.includes(name))).toHaveLength(290);
});

test.skipIf(!canInject)(
  "a command on one task of thousands lists no folder of them, and reads a few files",
  async () => {
    await using stint = new Stint();
    writeHistory(homeAt(stint.home), 5_000);
    // Written by no stint: the first look for one of them notes the names of all.
    await stint.ok("show", "17");
    const id = await stint.ok("submit", "--hold", "--", "true");
    const lines = [
      ["show", "4711"],
      ["show", "004711-old"],
      ["explain", id],
      ["logs", "4711"],
      ["wait", "4711"],
      ["submit", "--hold", "--after", "4711", "--", "true"],
      ["submit", "--hold", "--after", id, "--", "true"],
      ["submit", "--hold", "--from", "4711"],
      ["cancel", "5001"],
      ["retry", "@~3"],
      ["show", "40-50"],
    ];
    for (const args of lines) {
      const { code, err, opened, listed } = await looked(stint, ...args);
      expect([args, code, err]).toEqual([args, 0, ""]);
      expect([args, listed.filter((path) => ["done", "dead-letter", "runs"].includes(path))]).toEqual([
        args,
        [],
      ]);
      const records = opened.filter((path) => path.endsWith(".json"));
      expect([args, records.length]).toSatisfy(([, count]) => Number(count) < 40);
    }
  },
);

test.skipIf(!canInject)("a command on some states reads only the folders of these", async () => {
  await using stint = new Stint();
  const layout = homeAt(stint.home);
  writeHistory(layout, 5_000);
  writeFileSync(layout.record("dead-letter", taskIn("failed").metadata.id), recordText(taskIn("failed")));
  for (const args of [
    ["ls", "--failed"],
    ["ls", "--state", "queued"],
    ["wait", "--all"],
    ["retry", "--failed"],
    ["cancel", "--all"],
  ]) {
    const { code, opened, listed } = await looked(stint, ...args);
    expect([args, code]).toEqual([args, 0]);
    expect([args, listed.includes("done"), opened.filter((path) => path.startsWith("done/"))]).toEqual([
      args,
      false,
      [],
    ]);
  }
});

test.skipIf(!canInject)(
  "a command on all ended tasks reads each record once, and later only new ones",
  async () => {
    await using stint = new Stint();
    const layout = homeAt(stint.home);
    writeHistory(layout, 5_200);
    const readBy = async (...args: string[]): Promise<string[]> =>
      (await looked(stint, ...args)).opened.filter((path) => path.startsWith("done/"));
    expect((await readBy("stats")).length).toBe(5_200);
    // Of a file that was written just now nothing is kept.
    while ((await readBy("stats")).length > 0) await Bun.sleep(100);
    for (const args of [
      ["retry", "--all"],
      ["show", "--group", "none"],
      ["wait", "--group", "none"],
    ])
      expect([args, await readBy(...args)]).toEqual([args, []]);
    // The newest are looked at first, and one more, to know whether any was left out.
    expect(await readBy("ls", "--name", "none")).toHaveLength(101);
    // Once to list it, and once to look at its files.
    const { opened: folders } = await looked(stint, "ls", "--name", "none");
    expect(folders.filter((path) => path === "done")).toHaveLength(2);
    await stint.ok("cancel", await stint.ok("submit", "--hold", "--", "true"));
    expect(await readBy("stats")).toEqual(["done/005201-true.json"]);
    expect(await stint.ok("stats")).toMatch(/completed +5200\n +cancelled +1\n/);
    expect((await readBy("doctor")).length).toBeLessThanOrEqual(1);
    const { err, opened } = await looked(stint, "clean", "--dry-run");
    expect(err).toMatch(/^would remove 5200 tasks, .+ in the 5000 of them that were measured\n$/);
    expect(new Set(opened.filter((path) => path.startsWith("done/"))).size).toBeLessThanOrEqual(1);
    writeFileSync(layout.record("done", makeTaskId(7, "old")), "spoilt");
    copyFileSync(
      layout.record("done", makeTaskId(8, "old")),
      layout.record("dead-letter", makeTaskId(8, "old")),
    );
    const { out } = await stint.run(["doctor"]);
    expect(out).toContain("000007-old.json is corrupt");
    expect(out).toContain("000008-old is in done/ and dead-letter/");
  },
);
