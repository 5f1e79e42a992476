import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeedLine } from "../../src/model/feed.ts";
import { Stint, until } from "../rig/stint.ts";

/** What a command that goes on has printed so far. */
function watch(child: Bun.Subprocess<Uint8Array, "pipe", "pipe">): { text: string } {
  const seen = { text: "" };
  void (async () => {
    for await (const piece of child.stdout) seen.text += Buffer.from(piece).toString();
  })();
  return seen;
}

function linesOf(text: string): FeedLine[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as FeedLine);
}

/** Tells a line, waits for the file `go1`, tells another, and so on. */
const TELLS = `tell() { echo "{\\"type\\":\\"INFO\\",\\"msg\\":\\"$1\\"}" >> "$STINT_EVENTS"; }
for n in 1 2 3; do tell $n; until test -e go$n; do sleep 0.05; done; done; tell last`;

test("the feed of a topic has each line once, live, through the death of a supervisor and to the end", async () => {
  await using stint = new Stint();
  await stint.up();
  const task = { name: "job", topic: "vision", attributes: { team: "a" }, run: TELLS };
  await stint.run(["submit", "-"], { input: JSON.stringify(task) });
  await stint.ok("submit", "--topic", "other", "--", "true");
  const follower = stint.start(["events", "--topic", "vision", "--after", "0", "--json", "-f"]);
  const seen = watch(follower);
  const go = (n: number): void => writeFileSync(join(stint.root, `go${n}`), "");
  const has = (text: string): boolean => seen.text.includes(`"msg":${text}`);
  await until("the first line is seen", () => has('"1"'), { describe: () => seen.text });
  go(1);
  await until("the second line is seen", () => has('"2"'));
  await stint.killSupervisors();
  go(2);
  const events = join(stint.home, "runs/000001-job/1/events.ndjson");
  await until("the third line is told", () => existsSync(events) && Bun.file(events).size > 70);
  await stint.up();
  await until("the third line is seen", () => has('"3"'));
  go(3);
  await stint.reach(1, "completed");
  await until("the end is seen", () => seen.text.includes("COMPLETED"));
  follower.kill("SIGINT");
  expect(await follower.exited).toBe(130);
  const lines = linesOf(seen.text);
  expect(
    lines.map(({ seq, task: id, attempt, type, payload, attributes }) => [
      seq,
      id,
      attempt,
      type,
      payload?.["msg"],
      attributes,
    ]),
  ).toEqual(
    ["ASSIGNED", "STARTED", "1", "2", "3", "last", "COMPLETED"].map((what, index) => {
      const isTold = !/^[A-Z]/.test(what);
      const team = { team: "a" };
      return [index + 1, "000001-job", 1, isTold ? "INFO" : what, isTold ? what : undefined, team];
    }),
  );
  const after = await stint.ok("events", "--topic=vision", "--after=5", "--json");
  expect(linesOf(after)).toEqual(lines.slice(5));
  expect(await stint.ok("events", "--topic=vision", "-n", "1")).toContain("7  ");
  expect(await stint.ok("ls", "--topic=vision", "-q")).toBe("000001-job");
});

test("events -f shows all that changes in a home, and what jobs tell, those included that are over at once", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  await stint.up();
  const follower = stint.start(["events", "--after", "0", "-f", "--json"]);
  const seen = watch(follower);
  await until("the beginning is seen", () => seen.text.includes("lock_taken"));
  await stint.ok("release", "1");
  await stint.ok(
    "submit",
    "--name=two",
    "--",
    "sh",
    "-c",
    'echo \'{"type":"METRIC","name":"acc","value":1}\' >> "$STINT_EVENTS"',
  );
  await stint.reach(1, "completed");
  await stint.reach(2, "completed");
  await until(
    "all is seen",
    () => seen.text.match(/task_completed/g)?.length === 2 && seen.text.includes("METRIC"),
    {
      describe: () => seen.text,
    },
  );
  const lines = linesOf(seen.text);
  const numbers = lines.flatMap(({ seq }) => seq ?? []);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(lines.filter(({ type }) => type === "METRIC")).toMatchObject([
    { task: "000002-two", attempt: 1, payload: { name: "acc", value: 1 } },
  ]);
});

test("lines that are gone are told as a gap", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--topic=t", "--", "true");
  await stint.ok("drain");
  const feed = join(stint.home, "events/t.ndjson");
  const [, ...rest] = (await Bun.file(feed).text()).split("\n");
  writeFileSync(feed, rest.join("\n"));
  const [gap, second] = linesOf(await stint.ok("events", "--topic=t", "--after=0", "--json"));
  expect(gap).toMatchObject({ type: "gap", payload: { from: 1, to: 1 } });
  expect(second?.seq).toBe(2);
  expect(await stint.ok("events", "--topic=t", "--after=0")).toStartWith("1-1 are gone");
});
