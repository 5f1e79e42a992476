import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DailyCleanup } from "../../../src/daemon/requests/daily-cleanup.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { after, aTask, exited, NOW_MS } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const DAY = 86_400_000;

/** A task that ended ten days ago and left a model, and how long it says that is kept; returns the path of the model. */
function trained(home: TempHome, number: number, keep: "always" | number): string {
  const task = after(aTask({ number, spec: { artifacts: { keep } } }), exited(0), {
    endedAtMs: NOW_MS - 10 * DAY,
  });
  home.put(task);
  const folder = home.layout.attempt(task.metadata.id, 1);
  const [artifacts, manifest] = [join(folder, "artifacts"), join(folder, "run_manifest.json")];
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(join(artifacts, "model"), "1");
  writeFileSync(manifest, JSON.stringify({ task: { keep } }));
  const old = (NOW_MS - 10 * DAY) / 1_000;
  for (const path of [join(artifacts, "model"), artifacts, manifest]) utimesSync(path, old, old);
  return join(artifacts, "model");
}

test("artifacts are removed as their tasks say, with a record and without, in a home that removes nothing else", async () => {
  await using home = new TempHome();
  const { layout } = home;
  const models = [trained(home, 1, DAY), trained(home, 2, DAY), trained(home, 3, "always")];
  rmSync(layout.record("done", aTask({ number: 1 }).metadata.id));
  using supervisor = holderOf(layout, fakeClock());
  const clean = (): boolean[] => {
    new DailyCleanup(supervisor, () => undefined).tick();
    return models.map((path) => existsSync(path));
  };
  expect(clean()).toEqual([true, true, true]);
  supervisor.keepsArtifacts.set();
  expect(clean()).toEqual([false, false, true]);
  expect(home.files("done")).toHaveLength(2);
  // A later supervisor knows it too.
  using next = holderOf(layout, fakeClock());
  expect(next.keepsArtifacts.isSet).toBeTrue();
});
