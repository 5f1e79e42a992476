import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Fails until the file `good` is there. */
const SWEEP = `name: night
matrix: { seed: 1-6 }
holdAfter: { failures: 3, within: 1m }
notify: { failure: { command: echo "$STINT_EVENT $STINT_TASK_NAME $STINT_ERROR" >> $HOME/notices } }
run: |
  echo $STINT_TASK_NAME >> $HOME/ran
  test -e $HOME/good
`;

function states(stint: Stint): string {
  return stint
    .records()
    .map(({ spec, status }) => (spec["hold"] === true ? "held" : status.state))
    .join(" ");
}

test.concurrent("quick failures in a row hold the rest of a sweep, which says why; retry and release go on", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "night.yaml"), SWEEP);
  await stint.ok("submit", "night.yaml");
  const first = await stint.up("--jobs", "1");
  await until("the rest is held", () => states(stint) === "failed failed failed held held held");
  expect(await stint.ok("explain", "5")).toContain(
    "It is held: of the sweep night, 3 members in a row (1-3) failed within 1m.\nSee why: stint explain 3\nThen go on: stint retry --group 1 --failed   and: stint release 5",
  );
  expect(await stint.ok("ls", "--all")).toContain("held: 3 members in a row (1-3) failed within 1m");
  expect(await stint.ok("show", "night")).toContain("held after 3 failures in a row within 1m");
  await until("the notice is out", () => stint.textOf("notices").includes("hold night-3"));
  expect(stint.textOf("notices")).toContain("hold night-3 3 members of night held, as 000001-night-1, ");
  // A restart, and a release of one, which fails: one failure since holds nothing, and the others stay held.
  first.kill("SIGKILL");
  await first.exited;
  await stint.up("--jobs", "1");
  await stint.ok("release", "4");
  await stint.reach(4, "failed");
  expect(states(stint)).toBe("failed failed failed failed held held");
  writeFileSync(join(stint.root, "good"), "");
  await stint.ok("retry", "--group", "night", "--failed");
  await until(
    "they have succeeded",
    () => states(stint) === "completed completed completed completed held held",
  );
  await stint.ok("release", "--group", "night");
  await until("all are done", () => states(stint) === Array.from({ length: 6 }, () => "completed").join(" "));
  expect(stint.textOf("ran").trim().split("\n")).toHaveLength(10);
});

test.concurrent("failures that a success separates hold nothing, and a supervisor counts on from those before it", async () => {
  await using stint = new Stint();
  const job = 'test "$STINT_VALUE_N" -gt 2 && exit 1; exit 0';
  const submit = (numbers: string, ...flags: string[]) =>
    stint.ok("submit", "--matrix", `n=${numbers}`, "--hold-after", "2", ...flags, "--", "sh", "-c", job);
  await submit("3,1,4,2,5,6,7");
  await stint.run(["drain", "--jobs", "1"]);
  expect(states(stint)).toBe("failed completed failed completed failed failed held");
  // One failure before the restart and one after it are two in a row.
  await submit("3,4,5", "--hold");
  await stint.ok("release", "8");
  await stint.run(["drain", "--jobs", "1"]);
  await stint.ok("release", "9");
  await stint.ok("release", "10");
  await stint.run(["drain", "--jobs", "1"]);
  expect(states(stint).split(" ").slice(7).join(" ")).toBe("failed failed failed");
});
