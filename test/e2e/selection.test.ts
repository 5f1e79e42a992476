import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** One failed task, one that completed, one that waits, a sweep of two that wait, and a cancelled one. */
async function queueOfSix(stint: Stint): Promise<void> {
  await stint.ok("submit", "--name", "bad", "--", "sh", "-c", "echo bad news; exit 3");
  await stint.ok("submit", "--name", "good", "--", "echo", "good news");
  await stint.run(["drain"]);
  await stint.ok("submit", "--name", "later", "--hold", "--", "true");
  await stint.ok("submit", "--name", "train", "--hold", "--matrix", "x=1,2", "--", "echo", "${{ matrix.x }}");
  await stint.ok("submit", "--name", "good", "--hold", "--", "true");
  await stint.ok("cancel", "6");
}

test("selectors intersect, states are alternatives, and a folder stands for its states", async () => {
  await using stint = new Stint();
  await queueOfSix(stint);
  for (const [line, numbers] of [
    [["--failed", "--state", "completed"], []],
    [["--failed", "--state", "completed,failed"], [1]],
    [
      ["--state", "failed,completed"],
      [2, 1],
    ],
    [
      ["--state", "FAILED", "--state", "cancelled"],
      [6, 1],
    ],
    [["--state", "dead-letter"], [1]],
    [
      ["--state", "done"],
      [6, 2],
    ],
    [
      ["--state", "pending", "--name", "train*"],
      [4, 5],
    ],
    [["--state", "running"], []],
    [["--name", "good", "--failed"], []],
    // Named tasks are one more condition.
    [["1", "--failed"], [1]],
    [["2", "--failed"], []],
    [["3"], [3]],
    [["6,1"], [6, 1]],
    [
      ["1-3", "5"],
      [3, 5, 2, 1],
    ],
    [["good"], [6, 2]],
    [["train"], [4, 5]],
    [["tr*,@"], [4, 5, 6]],
  ] as const)
    expect([line, numbersIn(await stint.ok("ls", "--json", ...line))]).toEqual([line, [...numbers]]);
  expect(await stint.ok("ls", "-q", "good,later")).toBe("000003-later\n000006-good\n000002-good");
  expect((await stint.run(["ls", "nobody"])).code).toBe(3);
});

function numbersIn(json: string): number[] {
  return (JSON.parse(json) as { metadata: { number: number } }[]).map(({ metadata }) => metadata.number);
}

test("wait counts selected tasks that ended before, like named ones, and says where none matches", async () => {
  await using stint = new Stint();
  await queueOfSix(stint);
  const bad = /^000001-bad failed in \S+: exit 3: /;
  for (const selectors of [["--failed"], ["--name", "b*"], ["--class", "job"]]) {
    const waited = await stint.run(["wait", ...selectors]);
    expect([selectors, waited.code, waited.out]).toEqual([selectors, 3, expect.stringMatching(bad)]);
  }
  expect(await stint.run(["wait", "--state", "completed,failed", "-q"])).toEqual({
    code: 3,
    out: "",
    err: "",
  });
  const none = "stint: no task matches; there is nothing to wait for\n";
  for (const selectors of [
    ["--label", "paper=fig3"],
    ["--all", "--failed"],
  ])
    expect(await stint.run(["wait", ...selectors])).toEqual({ code: 0, out: "", err: none });
});

test("show and explain take lists and selectors, and without any the last task that was submitted", async () => {
  await using stint = new Stint();
  await queueOfSix(stint);
  expect(await stint.ok("show")).toStartWith("000006-good");
  expect(await stint.ok("explain")).toContain("000006-good");
  expect(numbersIn(await stint.ok("show", "--json", "2,1", "4"))).toEqual([2, 1, 4]);
  // An array, though one task matches.
  expect(numbersIn(await stint.ok("show", "--json", "--failed"))).toEqual([1]);
  expect(numbersIn(await stint.ok("show", "--json", "--failed", "--state", "queued"))).toEqual([]);
  expect(await stint.ok("explain", "--failed")).toContain("bad news");
  expect(await stint.run(["show", "--class", "gpu-oom"])).toEqual({
    code: 0,
    out: "",
    err: "No task matches.\n",
  });
  expect(await stint.ok("show", "--group", "train")).toStartWith("sweep train");
});

test("set changes every task that is named or selected", async () => {
  await using stint = new Stint();
  await queueOfSix(stint);
  expect(await stint.ok("set", "3,1", "4", "priority=7")).toBe(
    "000003-later changed: priority 0 → 7\n000001-bad changed: priority 0 → 7\n000004-train-1 changed: priority 0 → 7",
  );
  expect(await stint.ok("set", "--group", "train", "priority=8")).toBe(
    "000004-train-1 changed: priority 7 → 8\n000005-train-2 changed: priority 0 → 8",
  );
  // What has completed is final.
  expect(await stint.ok("set", "--name", "good", "priority=9")).toBe("000006-good changed: priority 0 → 9");
  const priorities = stint.records().map(({ spec }) => spec["priority"]);
  expect(priorities).toEqual([7, 0, 7, 8, 8, 9]);
});

describe("logs", () => {
  test("of several tasks follow one another under headings, and -q leaves these out", async () => {
    await using stint = new Stint();
    await queueOfSix(stint);
    const both = "==> 000001-bad <==\nbad news\n\n==> 000002-good <==\ngood news\n";
    expect(await stint.run(["logs", "1-2"])).toEqual({ code: 0, out: both, err: "" });
    expect(await stint.run(["logs", "-f", "1,2"])).toEqual({ code: 0, out: both, err: "" });
    expect((await stint.run(["logs", "-q", "1", "2"])).out).toBe("bad news\ngood news\n");
    expect((await stint.run(["logs", "--failed"])).out).toBe("bad news\n");
    expect((await stint.run(["logs", "--state", "failed,completed", "-n", "1"])).out).toBe(both);
    // A task without a log is an error, and hides no other.
    const { code, out, err } = await stint.run(["logs", "3", "2"]);
    expect([code, out]).toEqual([3, "==> 000003-later <==\n\n==> 000002-good <==\ngood news\n"]);
    expect(err).toContain("it has not started yet");
    expect((await stint.run(["logs"])).err).toContain('"000006-good"');
    expect((await stint.ok("logs", "--path", "1", "2")).split("\n")).toHaveLength(2);
  });

  test("of several tasks are followed side by side", async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "2");
    for (const name of ["a", "b"]) {
      const line = `echo ${name} begins; until test -e $HOME/${name}; do sleep 0.02; done; echo ${name} ends`;
      await stint.ok("submit", "--name", name, "--", "sh", "-c", line);
    }
    for (const [number, name] of [
      [1, "a"],
      [2, "b"],
    ] as const) {
      await stint.reach(number, "running");
      const log = `home/runs/00000${number}-${name}/1/output.log`;
      await until("it has begun", () => stint.textOf(log) !== "");
    }
    const follower = stint.start(["logs", "-f", "1", "2"]);
    let out = "";
    for await (const bytes of follower.stdout) {
      out += new TextDecoder().decode(bytes);
      if (out.endsWith("b begins\n")) writeFileSync(join(stint.root, "a"), "");
      if (out.endsWith("a ends\n")) writeFileSync(join(stint.root, "b"), "");
    }
    expect(await follower.exited).toBe(0);
    expect(out).toBe(
      ["a begins", "", "b begins", "", "a ends", "", "b ends"]
        .map((line) =>
          line === "" ? "\n" : `==> 00000${line.startsWith("a") ? 1 : 2}-${line[0]} <==\n${line}\n`,
        )
        .join(""),
    );
  });
});

test("submit -q prints the ids, or with --json the records, and says nothing else", async () => {
  await using stint = new Stint();
  const absent = ["--cwd", "/not/there", "--name", "a", "--", "true"];
  expect((await stint.run(["submit", ...absent])).err).toContain("could not start now");
  for (const flag of ["-q", "--parsable"])
    expect(await stint.run(["submit", flag, ...absent])).toEqual({
      code: 0,
      out: flag === "-q" ? "000002-a\n" : "000003-a\n",
      err: "",
    });
  expect(numbersIn((await stint.run(["submit", "-q", "--json", ...absent])).out)).toEqual([4]);
});
