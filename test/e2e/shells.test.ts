import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureHome } from "../../src/store/home.ts";
import { Stint } from "../rig/stint.ts";

/** The interpreters on record, by the names of the tasks. */
function runtimesIn(stint: Stint): Record<string, unknown> {
  return Object.fromEntries(
    stint.records().map(({ metadata, spec }) => {
      const { mode } = (spec as { kind: { mode: { runtime: unknown } } }).kind;
      return [metadata["name"], mode.runtime];
    }),
  );
}

test("a line of bash that fails is a failed task, and show tells which shell ran it", async () => {
  await using stint = new Stint();
  const ran = await stint.run(["run", "-"], { input: "name: lost\nrun: false &> x\n" });
  expect(ran.code).toBe(1);
  expect(await stint.ok("show", "lost")).toMatch(/\n {2}runtime {3}bash\n/);
});

test("the shell of a home, and of a task, is the one that runs", async () => {
  await using stint = new Stint();
  expect(ensureHome(stint.home).ok).toBeTrue();
  writeFileSync(join(stint.home, "config.yaml"), "defaults: {runtime: sh}\n");
  writeFileSync(
    join(stint.home, "inbox", "inbox.yaml"),
    'name: home\nrun: test -z "$BASH_VERSION"\n---\nname: own\nruntime: bash\nrun: test -n "$BASH_VERSION"\n',
  );
  await stint.run(["drain"]);
  expect(runtimesIn(stint)).toEqual({ home: "sh", own: "bash" });
  expect(stint.records().map(({ status }) => status.state)).toEqual(["completed", "completed"]);
});

test("a task on record stays with its shell: it runs, is changed and is copied with it", async () => {
  await using stint = new Stint();
  // As every record of a line was, before bash became the default.
  await stint.run(["submit", "-"], { input: "name: old\nrun: echo $0\nruntime: sh\n" });
  await stint.ok("set", "old", 'run=test -z "$BASH_VERSION"');
  await stint.ok("submit", "--from", "old", "--name", "copy");
  expect(runtimesIn(stint)).toEqual({ old: "sh", copy: "sh" });
  await stint.ok("drain");
  expect(stint.records().map(({ status }) => status.state)).toEqual(["completed", "completed"]);
});
