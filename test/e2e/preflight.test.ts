import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

async function submit(stint: Stint, yaml: string): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: yaml });
  if (code !== 0) throw new Error(err);
}

function lastOf(stint: Stint, number: number) {
  return stint.record(number).status.attempts.at(-1);
}

/** Waits until a task was asked and waits. */
async function refused(stint: Stint, number: number): Promise<void> {
  const found = () => stint.records().find(({ metadata }) => metadata.number === number);
  await until(
    `task ${number} waits for its preflight`,
    () => found()?.place === "pending" && found()?.status.reason === "Preflight",
    { describe: () => JSON.stringify(found()?.status) },
  );
}

test("a task waits while its preflight fails, uncounted, with its reason and without its resources, and starts once it holds", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "1");
  await submit(
    stint,
    "name: a\nrun: echo run >> ran\nretries: 0\nrestart: never\nenv: {FLAG: go}\npreflight: 'echo looking; test -e $FLAG'\n",
  );
  await refused(stint, 1);
  expect(stint.record(1)).toMatchObject({
    place: "pending",
    status: { state: "queued", consecutiveFailures: 0 },
  });
  expect(lastOf(stint, 1)).toMatchObject({ durationMs: 0, failure: { code: "PREFLIGHT", rule: "spawn" } });
  expect(await stint.ok("ls")).toMatch(
    /queued .* asked again in [\d.]+s; the preflight command exited with 1, wanted 0/,
  );
  const explained = await stint.ok("explain", "1");
  expect(explained).toContain("Its preflight did not hold. It is asked again in");
  expect(explained).toContain("Ask now: stint retry 1");
  expect(await stint.ok("logs", "1")).toBe("looking");
  // The only place for a job is free.
  await submit(stint, "name: b\nrun: 'true'\n");
  await stint.reach(2, "completed");
  expect(stint.textOf("ran")).toBe("");
  writeFileSync(join(stint.root, "go"), "");
  await stint.ok("retry", "1");
  await stint.reach(1, "completed");
  expect(stint.textOf("ran")).toBe("run\n");
});

test("a port, a host, free space and data are asked for, and each refusal names what is and what is wanted", async () => {
  await using stint = new Stint();
  using server = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data: () => {} } });
  const { port } = server;
  const unused = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const free = unused.port;
  unused.stop(true);
  const data = join(stint.root, "data");
  await stint.up("--jobs", "8");
  const conditions = [
    [`{port: ${port}}`, `port ${port} is taken`],
    [`{host: "127.0.0.1:${free}"}`, `127.0.0.1:${free} does not answer`],
    ["{free: 4000TB}", `are free at ${stint.root}, wanted`],
    ["{free: 1MB, path: /nowhere}", "/nowhere does not exist"],
    ["{dataset: d}", `${data} does not exist, wanted the data set "d"`],
  ] as const;
  const task = (preflight: string) => `run: 'true'\ndatasets: {d: data}\npreflight: ${preflight}\n`;
  const met = `[{port: ${free}}, {host: "127.0.0.1:${port}", free: 1MB, path: /tmp}]`;
  await submit(
    stint,
    [...conditions.map(([one]) => task(one)), `run: 'true'\npreflight: ${met}\n`].join("---\n"),
  );
  for (const [index, [, is]] of conditions.entries()) {
    await refused(stint, index + 1);
    expect(lastOf(stint, index + 1)?.failure?.error).toContain(is);
  }
  await stint.reach(6, "completed");
});

test("a task that waits for its preflight can be cancelled, also while it is asked, and survives its supervisor", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(
    stint,
    "run: 'true'\npreflight: 'touch asked; sleep 600'\n---\nrun: 'true'\npreflight: 'false'\n",
  );
  await refused(stint, 2);
  await until("the first is asked", () => stint.files("../").includes("asked"));
  await stint.killSupervisors();
  await stint.up();
  await stint.ok("cancel", "1", "2");
  await stint.reach(1, "cancelled");
  await stint.reach(2, "cancelled");
  expect(lastOf(stint, 1)).toMatchObject({ state: "cancelled", durationMs: 0 });
});

test("a snapshot is resolved in the home, verified, and shown to the job as STINT_SNAPSHOT_DIR", async () => {
  await using stint = new Stint();
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  mkdirSync(join(stint.root, "snap"));
  writeFileSync(join(stint.root, "snap", "a"), "one");
  const path = join(stint.root, "snap");
  await submit(
    stint,
    [{}, { retries: 0 }, { restart: "never" }]
      .map(
        (more, index) =>
          `${JSON.stringify({ run: "cat $STINT_SNAPSHOT_DIR/a", snapshot_id: `s${index}`, ...more })}\n`,
      )
      .join("---\n"),
  );
  mkdirSync(join(stint.home, "snapshots"), { mode: 0o700 });
  const describe = (id: string, checksum: string): void =>
    writeFileSync(
      join(stint.home, "snapshots", `${id}.json`),
      JSON.stringify({ path, sha256: checksum, note: 1 }),
    );
  describe("s0", sha256(`a\u00003\0${sha256("one")}\0`));
  describe("s1", sha256("other"));
  rmSync(join(stint.home, "snapshots", "s2.json"), { force: true });
  await stint.run(["drain"]);
  expect(await stint.ok("logs", "1")).toBe("one");
  expect(lastOf(stint, 1)).toMatchObject({ datasets: { snapshot: { path, files: 1 } } });
  expect([2, 3].map((number) => lastOf(stint, number)?.failure?.code)).toEqual([
    "DATA_MISMATCH",
    "DATA_UNREACHABLE",
  ]);
  expect(lastOf(stint, 3)?.failure?.error).toContain(
    'snapshots/s2.json does not exist, wanted {"path": FOLDER',
  );
});
