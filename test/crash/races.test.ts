import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, timestamp } from "../../src/lib/clock.ts";
import type { Operation, Target } from "../../src/model/request.ts";
import { Layout } from "../../src/store/layout.ts";
import { idsIn, readTask } from "../../src/store/reader.ts";
import { postRequest } from "../../src/store/requests.ts";
import { SEED, seededRandom } from "../rig/seed.ts";
import { type Ran, Stint, until } from "../rig/stint.ts";

const random = seededRandom(SEED);

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A line of the audit log, as far as it is looked at. */
interface Line {
  readonly event: string;
  readonly task?: string;
}

/** What the audit log tells of a task, in order. */
function eventsOf(stint: Stint, number: number): string[] {
  const lines = readFileSync(join(stint.home, "audit.ndjson"), "utf8").trim().split("\n");
  const { id } = stint.record(number).metadata;
  return lines
    .map((line) => JSON.parse(line) as Line)
    .flatMap(({ event, task }) => (task === id ? [event] : []));
}

async function after(ms: number, run: () => Promise<Ran>): Promise<Ran> {
  await Bun.sleep(ms);
  return run();
}

const ROUNDS = 4;
const JOBS = 8;
const LONGEST_MS = 400;

test.concurrent("a cancel that races with exit 0 is answered with what is on record", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", String(JOBS));
  const codes = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const input = times(JOBS, () => `run: sleep ${(random() * LONGEST_MS) / 1_000}\n`).join("---\n");
    const ids = (await stint.run(["submit", "-"], { input })).out.trim().split("\n");
    const cancels = ids.map((id) => after(random() * LONGEST_MS, () => stint.run(["cancel", id])));
    const answers = await Promise.all(cancels);
    await until("all have ended", () => stint.files("pending").length + stint.files("running").length === 0);
    for (const [index, { code }] of answers.entries()) {
      const number = round * JOBS + index + 1;
      const { status } = stint.record(number);
      expect({ number, code, state: status.state }).toEqual({
        number,
        code,
        state: code === 0 ? "cancelled" : "completed",
      });
      codes.add(code);
      const events = eventsOf(stint, number);
      const ends = events.filter((event) => /^task_(completed|cancelled|failed)$/.test(event));
      expect(ends).toEqual([`task_${status.state}`]);
      expect(events.filter((event) => event === "cancel_requested")).toHaveLength(code === 0 ? 1 : 0);
      expect(status.attempts.length).toBeLessThanOrEqual(1);
    }
  }
  expect([0, 4]).toEqual(expect.arrayContaining([...codes]));
  expect((await stint.run(["audit", "verify"])).code).toBe(0);
});

test.concurrent.each([
  ["without a supervisor", false],
  ["beside a supervisor", true],
])(
  "a retry that races with clean, %s, queues the task again or finds it gone",
  async (_what, isSupervised) => {
    await using stint = new Stint();
    if (isSupervised) await stint.up();
    for (let round = 0; round < ROUNDS; round += 1) {
      const submitted = await Promise.all(times(3, () => stint.ok("submit", "--hold", "--", "true")));
      await stint.ok("cancel", ...submitted);
      const clean = after(random() * 60, () => stint.run(["clean", "--older-than", "0s"]));
      const retries = await Promise.all(
        submitted.map((id) => after(random() * 60, () => stint.run(["retry", id]))),
      );
      expect((await clean).code).toBe(0);
      for (const [index, { code }] of retries.entries()) {
        const id = submitted[index];
        const found = stint.records().filter(({ metadata }) => metadata.id === id);
        if (code === 0) {
          expect(found).toMatchObject([{ place: "pending", metadata: { epoch: 2 } }]);
        } else {
          expect({ code, found }).toEqual({ code: 3, found: [] });
          expect(stint.files("runs")).not.toContain(id);
        }
      }
    }
    expect((await stint.run(["audit", "verify"])).code).toBe(0);
  },
);

test.concurrent.each([
  ["cancel", { verb: "cancel", force: false, pendingOnly: false }],
  ["retry", { verb: "retry" }],
  ["hold", { verb: "hold" }],
  ["release", { verb: "release" }],
] as const)("a %s for an earlier epoch is a conflict and changes nothing", async (_verb, wish) => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  const layout = new Layout(stint.home);
  const target = targetOf(layout);
  await stint.ok("cancel", "1");
  await stint.ok("retry", "1");
  const before = stint.records();
  const operation: Operation = { ...wish, targets: [target] };
  const { id } = postRequest(layout, { at: timestamp(systemClock.now()), actor: "ada", operation });
  await stint.up();
  // The request is removed after its reply is there.
  await until("it is answered", () => stint.files("requests").join() === `${id}.reply.json`);
  const reply: unknown = JSON.parse(readFileSync(join(layout.requests, `${id}.reply.json`), "utf8"));
  expect(reply).toMatchObject({ answers: [{ problem: { code: "VERSION_CONFLICT" } }] });
  expect(stint.records()).toEqual(before);
});

/** The only task, as a command line that looks at it now would name it. */
function targetOf(layout: Layout): Target {
  const [id] = idsIn(layout, "pending");
  const read = id === undefined ? null : readTask(layout, id);
  if (read === null || !read.ok) throw new Error("there is no task");
  const { metadata } = read.value;
  return { id: metadata.id, uid: metadata.uid, epoch: metadata.epoch };
}

test.concurrent.each([
  ["without a supervisor", false],
  ["beside a supervisor", true],
])(
  "one of two edits of the same version, %s, wins, and the other is a conflict",
  async (_what, isSupervised) => {
    await using stint = new Stint();
    if (isSupervised) await stint.up();
    await stint.ok("submit", "--hold", "--", "true");
    for (let version = 1; version <= 5; version += 1) {
      const wanted = [version * 10, version * 10 + 1];
      const edits = await Promise.all(
        wanted.map((priority) =>
          stint.run(["set", "1", `priority=${priority}`, "--if-version", String(version)]),
        ),
      );
      expect(edits.map(({ code }) => code).toSorted((left, right) => left - right)).toEqual([0, 4]);
      const winner = wanted[edits.findIndex(({ code }) => code === 0)];
      const { spec, metadata } = stint.record(1);
      expect([spec["priority"], metadata.resourceVersion, metadata.generation]).toEqual([
        winner,
        version + 1,
        version + 1,
      ]);
    }
  },
);
