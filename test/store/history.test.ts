import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeHistory } from "../rig/history.ts";
import { Stint } from "../rig/stint.ts";
import { homeAt } from "../rig/temp-home.ts";

test("whoever works on a queue reads no record of what ended long ago", async () => {
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
