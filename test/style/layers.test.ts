import { describe, expect, test } from "bun:test";
import manifest from "../../package.json";
import { breaches, LAYERS, STRATA } from "./layers.ts";
import { sourcesIn } from "./sources.ts";

const sources = sourcesIn("src");

describe("src", () => {
  test("imports only from layers to the left, by the exact file", () => {
    expect(sources.flatMap(breaches)).toEqual([]);
  });

  test("has no index.ts and no folder beside the layers", () => {
    expect(sources.map(({ path }) => path).filter((path) => path.endsWith("/index.ts"))).toEqual([]);
  });

  test("gives every npm package to exactly one folder", () => {
    const owned = Object.values(LAYERS).flatMap(({ packages }) => packages);
    expect(owned.toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
  });
});

test("each stratum of daemon/ is there", () => {
  const files = sources.map(({ path }) => path.replace("src/daemon/", ""));
  const missing = STRATA.flat().filter(
    (entry) => !files.some((path) => path === entry || path.startsWith(`${entry}/`)),
  );
  expect(missing).toEqual([]);
});

describe("breaches()", () => {
  const wrong = [
    ["src/lib/a.ts", 'import { b } from "../model/b.ts";', "lib/ may not import model/"],
    ["src/model/a.ts", 'import type { B } from "../plan/b.ts";', "model/ may not import plan/"],
    ["src/plan/a.ts", 'import {\n  b,\n  type C,\n} from "../store/b.ts";', "plan/ may not import store/"],
    ["src/store/a.ts", 'const b = await import("../run/b.ts");', "store/ may not import run/"],
    ["src/run/a.ts", 'type B = import("../intake/b.ts").B;', "run/ may not import intake/"],
    ["src/intake/a.ts", 'import b, { c } from "../store/b.ts";', "intake/ may not import store/"],
    ["src/daemon/chore.ts", 'import "../cli/context.ts";', "daemon/ may not import cli/"],
    ["src/daemon/state/a.ts", 'import { b } from "../supervisor.ts";', "state may not import supervisor.ts"],
    ["src/daemon/jobs/a.ts", 'import { b } from "../requests/b.ts";', "jobs may not import requests"],
    ["src/daemon/jobs/job.ts", 'import { b } from "./start.ts";', "jobs/job.ts may not import jobs"],
    [
      "src/daemon/requests/a.ts",
      'import { b } from "../schedules/b.ts";',
      "requests may not import schedules",
    ],
    ["src/daemon/other.ts", 'import { b } from "./supervisor.ts";', "no place among the strata"],
    ["src/cli/a.ts", 'import { b } from "../main.ts";', "cli/ may not import src/"],
    ["src/cli/a.ts", 'import * as v from "valibot";', "may not import the package valibot"],
    ["src/cli/a.ts", 'import { b } from "./b";', "without its .ts"],
    ["src/cli/a.ts", 'export { b } from "./b.ts";', "exports from"],
    ["src/cli/a.ts", 'export * from "./b.ts";', "exports from"],
    ["src/cli/a.ts", 'import { rig } from "../../test/rig.ts";', "outside src/"],
    ["src/run/a.ts", 'import x from "../../templates/x.yaml" with { type: "text" };', "may not read"],
    ["src/run/a.ts", 'import x from "../machine/sh/x.sh" with { type: "text" };', "without its .ts"],
    ["src/model/a.ts", 'import { readFileSync } from "node:fs";', "may not import node:fs"],
    ["src/plan/a.ts", 'import { sleep } from "bun";', "may not import bun"],
    ["src/run/a.ts", 'import { pid, env } from "node:process";', "more of node:process"],
    ["src/run/a.ts", 'import process from "node:process";', "more of node:process"],
    ["src/cli/a.ts", "const b = await import(name);", "computed import"],
    ["src/cli/a.ts", 'const a = 1; import { b } from "./b.ts";', "hidden import"],
    ["src/stuff/a.ts", "", "is no layer"],
  ] as const;
  test.each(wrong)("%s: %j", (path, text, problem) => {
    expect(breaches({ path, text })).toEqual([expect.stringContaining(problem)]);
  });

  const right = [
    ["src/main.ts", 'import { runApp } from "./cli/app.ts";'],
    ["src/cli/commands/init.ts", 'import x from "../../../templates/x.yaml" with { type: "text" };'],
    ["src/run/a.ts", 'import x from "./sh/x.sh" with { type: "text" };'],
    ["src/cli/context.ts", 'import process from "node:process";'],
    ["src/store/owner.ts", 'import { pid } from "node:process";'],
    [
      "src/daemon/jobs/act.ts",
      'import type { Plan } from "../../plan/plan.ts";\nimport type { Supervisor } from "../supervisor.ts";',
    ],
    ["src/model/spec.ts", 'import * as v from "valibot";\nimport { ok } from "../lib/result.ts";'],
  ] as const;
  test.each(right)("%s may: %j", (path, text) => {
    expect(breaches({ path, text })).toEqual([]);
  });
});
