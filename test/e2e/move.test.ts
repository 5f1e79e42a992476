import { describe, expect, test } from "bun:test";
import { Stint } from "../rig/stint.ts";

const ran = (stint: Stint): string => stint.textOf("ran").trim().replaceAll("\n", " ");

async function queue(stint: Stint, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [called = "", ...flags] = name.split(" ");
    await stint.ok(
      "submit",
      "--name",
      called,
      ...flags,
      "--",
      "sh",
      "-c",
      "echo $STINT_TASK_NAME >> $HOME/ran",
    );
  }
}

describe("move", () => {
  test("changes the order in which queued tasks start, with and without a supervisor", async () => {
    await using stint = new Stint();
    await queue(stint, "a", "b", "c --priority 5", "d", "e");
    // By priority and number: c a b d e.
    expect(await stint.ok("move", "e", "d", "--top")).toBe(
      [
        "000005-e moved to the top of the queue, with the priority 5 of 000003-c",
        "000004-d moved to the top of the queue, with the priority 5 of 000003-c",
      ].join("\n"),
    );
    expect(await stint.ok("move", "c", "--after", "a")).toBe(
      "000003-c moved after 000001-a, with the priority 0 of 000001-a",
    );
    expect(stint.record(5)).toMatchObject({ spec: { priority: 5 }, metadata: { generation: 2 } });
    await stint.ok(
      "submit",
      "--name",
      "first",
      "--priority",
      "1000",
      "--",
      "sh",
      "-c",
      "until test -e $HOME/go; do sleep 0.02; done",
    );
    await stint.up("--jobs", "1");
    await stint.reach(6, "running");
    expect(await stint.ok("move", "a", "--bottom")).toBe("000001-a moved to the bottom of the queue");
    expect(await stint.ok("move", "b", "--before", "d")).toContain(
      "000002-b moved before 000004-d, with the",
    );
    await Bun.write(`${stint.root}/go`, "");
    await stint.ok("wait", "1-6");
    expect(ran(stint)).toBe("e b d c a");
    expect(await stint.ok("audit", "verify")).toContain("intact");
  });

  test("changes the order in a lane beside a task of that lane alone", async () => {
    await using stint = new Stint();
    await queue(stint, "one --slot db", "two --slot db", "other", "three --slot db");
    await stint.ok("move", "three", "--before", "one");
    await stint.ok("move", "one", "--after", "other");
    await stint.ok("drain", "--jobs", "1");
    expect(
      ran(stint)
        .split(" ")
        .filter((name) => name !== "other"),
    ).toEqual(["three", "one", "two"]);
  });

  test("changes nothing where the task stands there already, and its priority least of all", async () => {
    await using stint = new Stint();
    await queue(stint, "a", "b --priority 50", "c --slot db", "d --slot db");
    const before = stint.records();
    expect(await stint.ok("move", "b", "--top")).toBe("000002-b is at the top of the queue already");
    expect(await stint.ok("move", "d", "--bottom")).toBe("000004-d is at the bottom of the queue already");
    expect(stint.records()).toEqual(before);
    await stint.ok("move", "d", "--after", "a");
    const moved = stint.records();
    expect(await stint.ok("move", "d", "--after", "a")).toBe("000004-d is after 000001-a already");
    expect(stint.records()).toEqual(moved);
  });

  test("is forgotten by a copy, and kept by a retry", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "fails", "--", "false");
    await queue(stint, "other");
    await stint.ok("move", "fails", "--after", "other");
    await stint.run(["drain"]);
    await stint.ok("submit", "--from", "fails", "--name", "copy", "--hold");
    await stint.ok("retry", "fails", "--set", "hold=true");
    expect(stint.record(1).metadata["position"]).toMatchObject({ number: 2, rank: 1 });
    expect(stint.record(3).metadata["position"]).toBeUndefined();
  });

  test("a hold of a task that has ended says how it is queued again", async () => {
    await using stint = new Stint();
    await queue(stint, "done");
    await stint.ok("submit", "--name", "bad", "--", "false");
    await stint.run(["drain"]);
    const says = async (...words: string[]): Promise<string> => (await stint.run(words)).err;
    expect(await says("hold", "done")).toContain("to queue it once more: stint submit --from 1");
    expect(await says("release", "bad")).toContain("to queue it again: stint retry 2");
  });

  test.each([
    [["1"], 2, "no place is given, wanted --before TASK, --after TASK, --top or --bottom"],
    [["1", "--top", "--bottom"], 2, "cannot be combined"],
    [["1", "--before", "1"], 2, "--before 000001-a is one of the tasks to move"],
    [["1", "--before", "nope"], 3, "nope"],
    [["1", "--before", "done"], 4, 'before "000002-done": it is completed, wanted a queued task'],
    [["done", "--top"], 4, 'Cannot move "000002-done": it is completed, wanted a queued task'],
  ])("%j is refused", async (words, code, says) => {
    await using stint = new Stint();
    await queue(stint, "a --hold", "done");
    await stint.ok("drain");
    const before = stint.records();
    expect(await stint.run(["move", ...words])).toMatchObject({
      code,
      out: "",
      err: expect.stringContaining(says),
    });
    expect(stint.records()).toEqual(before);
  });
});

test("hold and release change nothing where a task is held, or is not", async () => {
  await using stint = new Stint();
  await queue(stint, "a --hold");
  const held = stint.records();
  expect(await stint.ok("hold", "1")).toBe("000001-a was held already");
  expect(stint.records()).toEqual(held);
  expect(await stint.ok("release", "1")).toBe("000001-a released");
  const released = stint.records();
  expect(await stint.ok("release", "1")).toBe("000001-a was not held");
  expect(stint.records()).toEqual(released);
});
