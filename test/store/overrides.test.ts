import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Applied, Overrides } from "../../src/model/overrides.ts";
import type { Layout } from "../../src/store/layout.ts";
import {
  appliedBy,
  publishApplied,
  readOverrides,
  recoverOverrides,
  writeOverrides,
} from "../../src/store/overrides.ts";
import { crashImages, refusedAt } from "../rig/crash.ts";
import { TempHome } from "../rig/temp-home.ts";

const ONE: Overrides = { lasting: { jobs: 1 } };
const PAUSED: Overrides = { lasting: { jobs: 2 }, paused: { at: "2026-05-01T00:00:00.000Z", by: "ada" } };
const APPLIED: Applied = {
  owner: "token",
  capacity: { jobs: 2, cpus: 2, memoryBytes: 1 },
  labels: {},
  flags: {},
  overrides: PAUSED,
};

function recovered(layout: Layout): { overrides: Overrides; findings: string[] } {
  const findings: string[] = [];
  return { overrides: recoverOverrides(layout, findings), findings };
}

describe("overrides.json", () => {
  test("a crash during a change leaves what was before, or the change", async () => {
    await using home = new TempHome();
    writeOverrides(home.layout, ONE);
    const images = crashImages(home, (layout) => writeOverrides(layout, PAUSED));
    const found = images.map(({ failpoint, layout }) => [failpoint, readOverrides(layout)]);
    expect(found).toEqual([
      ["overrides:changing", { ok: true, value: ONE }],
      ["replace:staged", { ok: true, value: ONE }],
      ["replace:renamed", { ok: true, value: PAUSED }],
      ["overrides:changed", { ok: true, value: PAUSED }],
    ]);
  });

  test("a damaged one is put aside, and what was applied last is used and written again", async () => {
    await using home = new TempHome();
    const { layout } = home;
    publishApplied(layout, APPLIED);
    writeFileSync(layout.overrides, '{"lasting":');
    const { overrides, findings } = recovered(layout);
    expect(overrides).toEqual(PAUSED);
    expect(findings.join("\n")).toContain(
      "it is damaged: it is no JSON; the changes that were applied last are used",
    );
    expect(readdirSync(join(layout.home, ".corrupt"))).toEqual(["overrides.json"]);
    expect(recovered(layout)).toEqual({ overrides: PAUSED, findings: [] });
  });

  test("without any, or with a damaged one of which nothing is known, nothing is overridden", async () => {
    await using home = new TempHome();
    const { layout } = home;
    expect(recovered(layout)).toEqual({ overrides: { lasting: {} }, findings: [] });
    writeFileSync(layout.overrides, "[]");
    writeFileSync(layout.applied, "[]");
    expect(recovered(layout).overrides).toEqual({ lasting: {} });
    expect(recovered(layout).findings).toEqual([]);
  });

  test.each([
    ["{", "it is no JSON"],
    ["[]", "lasting: Invalid key"],
    ['{"lasting":{"jobs":"3"}}', "lasting.jobs: Invalid type"],
    ['{"lasting":{"jobs":0}}', "lasting.jobs: Invalid value"],
    ['{"lasting":{},"pause":{}}', "pause: Invalid key"],
  ])("of a damaged one it is said what is wrong: %s", async (text, reason) => {
    await using home = new TempHome();
    const { layout } = home;
    writeFileSync(layout.overrides, text);
    const read = readOverrides(layout);
    expect(read.ok ? "" : read.error.message).toContain(`it is damaged: ${reason}`);
  });

  test("one that the system refuses to read stays where it is", async () => {
    await using home = new TempHome();
    const { layout } = home;
    publishApplied(layout, APPLIED);
    await Bun.$`mkfifo ${layout.overrides}`.quiet();
    expect(recovered(layout).overrides).toEqual(PAUSED);
    expect(readdirSync(layout.home)).toContain("overrides.json");
  });
});

test("what is applied counts for its owner alone, and a disk that refuses it is no error", async () => {
  await using home = new TempHome();
  const { layout } = home;
  expect(publishApplied(layout, APPLIED)).toBeTrue();
  expect(appliedBy(layout, "token")).toEqual(APPLIED);
  expect([appliedBy(layout, "other"), appliedBy(layout, null)]).toEqual([null, null]);
  expect(refusedAt("replace:staged", "ENOSPC", () => publishApplied(layout, APPLIED))).toBeFalse();
});
