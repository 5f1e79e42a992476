import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { owe } from "../rig/schedules.ts";
import { Stint, until } from "../rig/stint.ts";

/** A job that ends once a file is there. */
function waitsFor(file: string): string[] {
  return ["sh", "-c", `while ! test -e $HOME/${file}; do sleep 0.05; done`];
}

/** Long enough for a start that should not happen. */
const A_WHILE_MS = 700;

function states(stint: Stint): string[] {
  return stint.records().map(({ status }) => status.state);
}

function auditOf(stint: Stint): string[] {
  const lines = readFileSync(join(stint.home, "audit.ndjson"), "utf8").trim().split("\n");
  return lines.flatMap((line) => {
    const { event, actor, detail } = JSON.parse(line) as Record<string, string>;
    return /^(queue|limits)_/.test(event ?? "") && actor !== "" ? [`${event}: ${detail}`] : [];
  });
}

describe("a paused queue", () => {
  test("starts nothing through a restart, a retry included, and is told of by everything that waits", async () => {
    await using stint = new Stint();
    await stint.up();
    await stint.ok("submit", "--", ...waitsFor("go"));
    await stint.reach(1, "running");
    expect(await stint.ok("pause")).toBe("queue paused: nothing starts, running jobs go on");
    expect(await stint.ok("pause")).toBe("queue is paused already");
    await stint.ok("submit", "--retries", "3", "--", "false");
    writeFileSync(join(stint.root, "go"), "");
    await stint.reach(1, "completed");
    await stint.killSupervisors();
    await stint.up();
    await stint.ok("submit", "--hold", "--", "true");
    owe(stint, { name: "due", uid: "01900000-0000-7000-8000-000000000000", tasks: "  - run: true\n" });
    await stint.reach(4, "queued");
    await Bun.sleep(A_WHILE_MS);
    expect(states(stint)).toEqual(["completed", "queued", "queued", "queued"]);

    const paused = /The queue is paused by \S+ since [\d:]+: nothing starts/;
    const ls = await stint.run(["ls"]);
    expect(ls.err).toMatch(paused);
    expect(ls.out).toContain("queue paused");
    expect(await stint.ok("explain", "2")).toMatch(paused);
    const held = await stint.ok("explain", "3");
    expect(held).toContain("held");
    expect(held).toMatch(paused);
    expect((await stint.run(["doctor"])).out).toMatch(/^warn The queue is paused by/m);
    expect((await stint.run(["jobs"])).err).toMatch(paused);

    const waiting = stint.start(["submit", "--wait", "--", "true"]);
    const told = new Response(waiting.stderr).text();
    await until("it is queued", () => stint.records().length === 5);
    expect(await stint.ok("resume")).toBe("queue resumed: tasks start again");
    expect(await waiting.exited).toBe(0);
    expect(await told).toMatch(/000005-true .*: the queue is paused by/);
    expect(await stint.ok("resume")).toBe("queue is not paused");
    expect(auditOf(stint)).toEqual(["queue_paused: nothing starts", "queue_resumed: tasks start again"]);
  });

  test("outlives damage to its file, which is told by all that reads it", async () => {
    await using stint = new Stint();
    await stint.ok("pause");
    await stint.ok("submit", "--", "true");
    writeFileSync(join(stint.home, "overrides.json"), '{"lasting":{"jobs":"3"}}\n');
    const damage =
      /overrides\.json": it is damaged: lasting\.jobs: .*; the changes that were applied last are used/;
    expect((await stint.run(["ls"])).err).toMatch(damage);
    expect((await stint.run(["jobs"])).err).toMatch(damage);
    expect((await stint.run(["doctor"])).out).toMatch(damage);
    expect((await stint.run(["drain"])).err).toMatch(damage);
    expect(states(stint)).toEqual(["queued"]);
    // It was written again.
    expect((await stint.run(["ls"])).err).not.toMatch(damage);
    expect((await stint.run(["ls"])).err).toContain("The queue is paused by");
  });

  test("lets a drain end, which says so, and a run wait", async () => {
    await using stint = new Stint();
    await stint.ok("pause");
    await stint.ok("submit", "--", "true");
    for (const flags of [[], ["--patient"]]) {
      const drained = await stint.run(["drain", ...flags]);
      expect(drained.code).toBe(0);
      expect(drained.out).toMatch(/^The queue is paused by .* To go on: stint resume$/m);
      expect(drained.out).toMatch(/000001-true left: the queue is paused by/);
    }
    expect((await stint.run(["drain", "-q"])).out).toBe("");
    const run = stint.start(["run", "--", "echo", "ran"]);
    const told = new Response(run.stderr).text();
    await until("it waits", () => stint.owner()?.["role"] === "run");
    await Bun.sleep(A_WHILE_MS);
    expect(states(stint)).toEqual(["queued", "queued"]);
    await stint.ok("resume");
    expect(await run.exited).toBe(0);
    expect(await new Response(run.stdout).text()).toBe("ran\n");
    expect(await told).toMatch(/000002-\S+ .*: the queue is paused by/);
    expect((await stint.run(["drain"])).out).toBe("nothing is left to do\n");
  });

  test("is not what pause and resume of tasks mean", async () => {
    await using stint = new Stint();
    await stint.up();
    await stint.ok("submit", "--", ...waitsFor("go"));
    await stint.reach(1, "running");
    await stint.ok("pause", "1");
    expect(await stint.ok("resume")).toBe("queue is not paused");
    expect(await stint.ok("resume", "--all")).toContain("000001");
    expect((await stint.run(["pause", "--release"])).code).toBe(2);
    await stint.ok("submit", "--", "true");
    await stint.reach(2, "completed");
  });
});

describe("stint jobs", () => {
  test("changes what runs side by side at once, and stops nothing", async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    await stint.ok("jobs", "1");
    await stint.ok("submit", "--", ...waitsFor("a"));
    await stint.ok("submit", "--hold", "--", ...waitsFor("b"));
    await stint.reach(1, "running");
    // A limit that keeps nothing from starting is not told of.
    expect((await stint.run(["ls"])).err).toBe("");
    await stint.ok("release", "2");
    await stint.ok("submit", "--", ...waitsFor("c"));
    expect(await stint.ok("jobs", "2")).toBe("limits changed: jobs 2");
    await stint.reach(2, "running");
    // The third task waits for it.
    expect((await stint.run(["ls"])).err).toBe("\nAt most 2 jobs run at a time (set with stint jobs).\n");
    await stint.ok("jobs", "1");
    expect((await stint.run(["jobs"])).err).toContain(
      "2 jobs are running, over the limit of 1. They go on; the next job starts when none is left running.",
    );
    writeFileSync(join(stint.root, "a"), "");
    await stint.reach(1, "completed");
    await Bun.sleep(A_WHILE_MS);
    expect(states(stint)).toEqual(["completed", "running", "queued"]);
    expect(await stint.ok("explain", "3")).toContain("the only one is in use (more: stint jobs N)");
    expect(await stint.ok("jobs")).toMatch(/^jobs +1 +1 +stint jobs +1 \(--jobs\)$/m);
    await stint.ok("jobs", "--reset");
    expect(await stint.ok("jobs")).toMatch(/^jobs +1 +1 +--jobs$/m);
    expect((await stint.run(["jobs", "0"])).err).toContain("to start nothing: stint pause");
  });

  test("above the cores says that tasks are placed as if there were more of them", async () => {
    await using stint = new Stint();
    const cores = availableParallelism();
    expect((await stint.run(["jobs", String(cores)])).err).not.toContain("share");
    expect((await stint.run(["jobs", String(cores + 1)])).err).toContain(
      `${cores + 1} jobs share ${cores} core`,
    );
  });

  test("changes lanes and labels; a lasting change outlives the supervisor, another does not", async () => {
    await using stint = new Stint();
    await stint.ok("jobs", "9", "--lane", "train=2", "--label", "team=a=1");
    expect((await stint.run(["jobs", "3", "--until-restart"])).code).toBe(5);
    writeFileSync(
      join(stint.home, "config.yaml"),
      "concurrency: {slots: {train: 1, other: 4}, labels: {team: 8}}\n",
    );
    await stint.up("--jobs", "1");
    await stint.ok("jobs", "8", "--lane", "other=1", "--until-restart");
    for (const file of ["a", "a", "a"]) await stint.ok("submit", "--slot", "train", "--", ...waitsFor(file));
    for (const file of ["a", "a"]) await stint.ok("submit", "--label", "team=a", "--", ...waitsFor(file));
    await stint.reach(2, "running");
    await stint.reach(4, "running");
    await Bun.sleep(A_WHILE_MS);
    expect(states(stint)).toEqual(["running", "running", "queued", "running", "queued"]);
    expect((await stint.run(["ls"])).err).toContain(
      "Tasks wait for limits set by stint jobs: lane train 2, label team=a 1.\n",
    );
    expect(JSON.parse(await stint.ok("jobs", "--json"))).toMatchObject({
      isSupervised: true,
      paused: null,
      limits: [
        { kind: "jobs", running: 3, limit: 8, from: "untilRestart", instead: { from: "lasting", limit: 9 } },
        { kind: "gpus", limit: null, from: "default" },
        { kind: "lane", name: "other", running: 0, limit: 1, from: "untilRestart", instead: { limit: 4 } },
        {
          kind: "lane",
          name: "train",
          running: 2,
          limit: 2,
          from: "lasting",
          instead: { from: "config", limit: 1 },
        },
        { kind: "label", name: "team", running: 0, limit: 8, from: "config", instead: null },
        { kind: "label", name: "team=a", running: 1, limit: 1, from: "lasting" },
      ],
    });
    await stint.killSupervisors();
    const next = await stint.run(["up", "--jobs", "2", "--detach"]);
    expect(next.err).toContain("--jobs 2 is not used: stint jobs set 9");
    const shown = await stint.ok("jobs");
    expect(shown).toMatch(/^jobs +3 +9 +stint jobs +2 \(--jobs\)$/m);
    expect(shown).toMatch(/^lane other +0 +4 +config.yaml$/m);
    await stint.ok("down");
  });

  test("limits the GPUs that jobs may use, and a task for more of them is accepted and waits", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    writeFileSync(
      join(stint.home, "config.yaml"),
      "gpus: {simulate: {name: NVIDIA A100, memory: 80GB, count: 2}}\n",
    );
    await stint.up("--jobs", "4");
    expect((await stint.run(["jobs", "--gpus", "1,7"])).err).toBe(
      "No GPU of this machine matches 7. See stint gpus.\n",
    );
    await stint.ok("jobs", "--gpus", "1");
    await stint.ok("submit", "--gpus", "1", "--", ...waitsFor("go"));
    await stint.ok("submit", "--gpus", "1", "--", ...waitsFor("go"));
    await stint.ok("submit", "--gpus", "2", "--", "true");
    await stint.reach(2, "running");
    await Bun.sleep(A_WHILE_MS);
    expect(states(stint)).toEqual(["completed", "running", "queued", "queued"]);
    expect((await stint.run(["ls"])).err).toContain("limits set by stint jobs: gpus 1.");
    expect(await stint.ok("explain", "3")).toContain("gpu 0 may not be used now (stint jobs --gpus)");
    expect(await stint.ok("jobs")).toMatch(/^GPUs +1 +1 +stint jobs$/m);
    expect((await stint.ok("gpus")).split("\n")[2]).toBe(
      "     new jobs may not use it now (stint jobs --gpus)",
    );
    await stint.ok("jobs", "--gpus", "all");
    await stint.reach(3, "running");
    writeFileSync(join(stint.root, "go"), "");
    await stint.reach(4, "completed");
  });
});

describe("config.yaml", () => {
  test("is taken up without a restart; one with faults changes nothing, and everything tells where they are", async () => {
    await using stint = new Stint();
    const folder = join(stint.root, "tasks");
    mkdirSync(folder);
    const config = join(stint.home, "config.yaml");
    await stint.ok("submit", "--", ...waitsFor("go"));
    writeFileSync(config, "jobs: 1\n");
    const up = await stint.up();
    await stint.ok("submit", "--", ...waitsFor("go"));
    await stint.reach(1, "running");
    writeFileSync(config, `jobs: 2\ninboxes: [${folder}]\ndefaults: {priority: 7}\n`);
    await stint.reach(2, "running");
    writeFileSync(join(folder, "hold.yaml"), "run: echo hi\nhold: true\n");
    await stint.reach(3, "queued");
    expect(stint.record(3).spec["priority"]).toBe(7);

    writeFileSync(config, "jobs: many\n");
    const fault = 'config.yaml:1:7: "jobs" is "many"';
    const refused = `config.yaml has a fault, so the settings before it still apply: `;
    await until(
      "it is refused",
      () =>
        existsSync(join(stint.home, "applied.json")) &&
        readFileSync(join(stint.home, "applied.json"), "utf8").includes("refused"),
    );
    for (const verb of ["ls", "jobs"]) {
      const { err } = await stint.run([verb]);
      expect(err).toContain(refused);
      expect(err).toContain(fault);
    }
    const doctor = (await stint.run(["doctor"])).out;
    expect(doctor).toContain("the supervisor goes on with the settings before");
    expect(doctor).toContain(fault);
    expect(await stint.ok("jobs")).toMatch(/^jobs +2 +2 +config.yaml$/m);
    const submitted = await stint.run(["submit", "--hold", "--", "true"]);
    expect([submitted.code, submitted.err.includes(refused)]).toEqual([0, true]);
    expect((await stint.reach(4, "queued")).spec["priority"]).toBe(7);

    writeFileSync(config, "jobs: 3\n");
    await until(
      "it is good again",
      () => !readFileSync(join(stint.home, "applied.json"), "utf8").includes("refused"),
    );
    expect(await stint.ok("jobs")).toMatch(/^jobs +2 +3 +config.yaml$/m);
    up.kill("SIGTERM");
    const log = await new Response(up.stdout).text();
    expect(log).toContain(refused);
    expect(log).toContain("config.yaml was read again: changed: jobs, inboxes, defaults");
  });
});
