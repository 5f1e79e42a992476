import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { killJob } from "../rig/kill-job.ts";
import { Stint, until } from "../rig/stint.ts";
import { recordOf, SHAPES, supervised, survives } from "./hostile.ts";

const FOLDERS = [
  "pending",
  "running",
  "done",
  "dead-letter",
  "incoming",
  "requests",
  "inbox",
  "numbers",
  "env",
  "notices",
  "locks",
  "tmp",
  "runs",
] as const;

/** Without these, or without seeing into them, nothing could be run for certain. Of the others a queue can do without. */
const OPTIONAL: readonly string[] = ["inbox", "env", "runs", "numbers", "notices"];

const VERBS = [
  ["ls", "--all"],
  ["show", "1"],
  ["submit", "--retries", "0", "--", "true"],
  ["clean", "--older-than", "0s"],
  ["drain"],
] as const;

test.concurrent.each(
  FOLDERS.flatMap((folder) =>
    (["a file", "a link to nowhere"] as const).map((shape) => [folder, shape] as const),
  ),
)("%s/ that is %s is refused in words and reported", async (folder, shape) => {
  await using stint = new Stint();
  await stint.ok("submit", "--retries", "0", "--name", "good", "--", "true");
  const path = join(stint.home, folder);
  rmSync(path, { recursive: true });
  if (shape === "a file") writeFileSync(path, "");
  else SHAPES[shape]?.(path, "");
  expect((await survives(stint, ["doctor"])).code).toBe(1);
  const codes: number[] = [];
  for (const args of VERBS) codes.push((await survives(stint, args)).code);
  if (!OPTIONAL.includes(folder)) expect(codes.at(-1)).toBe(7);
});

/** Permission bits do not bite root: the executable runs as a user of its own. */
const UNPRIVILEGED = 65_534;
const canBeNobody =
  userInfo().uid === 0 &&
  Bun.spawnSync(["setpriv", "--reuid", String(UNPRIVILEGED), "--clear-groups", "true"]).exitCode === 0;

test.skipIf(!canBeNobody).concurrent.each([...FOLDERS])(
  "a folder %s/ without permission is refused with an explanation and reported by doctor",
  async (folder) => {
    await using stint = new Stint();
    chownSync(stint.root, UNPRIVILEGED, UNPRIVILEGED);
    const executable = join(stint.root, "stint");
    cpSync("dist/stint", executable);
    const nobody = async (...args: string[]): Promise<{ code: number; said: string }> => {
      const child = Bun.spawn(
        [
          "timeout",
          "-s",
          "KILL",
          "100",
          "setpriv",
          "--reuid",
          String(UNPRIVILEGED),
          "--clear-groups",
          executable,
          ...args,
        ],
        {
          cwd: stint.root,
          env: stint.env,
          stdin: "ignore",
          stdout: "pipe",
          stderr: "pipe",
        },
      );
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      return { code: await child.exited, said: `${out}${err}` };
    };
    expect(await nobody("submit", "--retries", "0", "--name", "good", "--", "true")).toMatchObject({
      code: 0,
    });
    const path = join(stint.home, folder);
    chmodSync(path, 0o000);
    const told = await nobody("doctor");
    expect([told.code, told.said]).toEqual([1, expect.stringContaining(folder === "tmp" ? "/tmp/" : path)]);
    for (const args of VERBS) {
      const { code, said } = await nobody(...args);
      expect([0, 1, 2, 3, 4, 7]).toContain(code);
      expect(said).not.toMatch(/\n\s+at |Internal error/);
      if (args[0] === "drain" && !OPTIONAL.includes(folder))
        expect([code, said]).toEqual([7, expect.stringContaining("permission denied")]);
    }
    chmodSync(path, 0o700);
    // Nothing was lost meanwhile.
    expect((await nobody("retry", "1")).code).toBeLessThan(5);
    await nobody("drain");
    expect(stint.record(1).status.state).toBe("completed");
  },
);

test("a task whose record lies in two folders runs once, and the copy is kept", async () => {
  await using stint = new Stint();
  await stint.run(["submit", "-"], { input: 'name: good\nrun: echo x >> "$HOME/starts"\n' });
  const pending = join(stint.home, "pending", "000001-good.json");
  const text = readFileSync(pending, "utf8");
  mkdirSync(join(stint.home, "incoming", "0-copy"));
  for (const folder of ["done", "dead-letter", "incoming/0-copy"])
    cpSync(pending, join(stint.home, folder, "000001-good.json"));
  writeFileSync(
    join(stint.home, "pending", "000001-twin.json"),
    recordOf(text, { from: "000001-good", to: "000001-twin" }),
  );
  const { code, out } = await survives(stint, ["doctor"]);
  expect(code).toBe(1);
  expect(out).toContain("000001-good is in pending/ and done/ and dead-letter/");
  expect(out).toContain("2 tasks have the number 1: 000001-good, 000001-twin");
  expect((await survives(stint, ["show", "1"])).code).toBe(2);
  await survives(stint, ["drain"]);
  // Two tasks: the twin is one of its own.
  expect(stint.textOf("starts")).toBe("x\nx\n");
  expect(
    stint
      .records()
      .map(({ place, metadata }) => `${place} ${metadata.id}`)
      .toSorted(),
  ).toEqual(["done 000001-good", "done 000001-twin"]);
  const aside = ["pending", "done", "dead-letter"].map((place) => stint.files(`${place}/.corrupt`));
  expect(aside).toEqual([["000001-good.json"], ["000001-good.json"], ["000001-good.json"]]);
});

test("a copy of a record that appears while its task runs does not start the task again", async () => {
  await using stint = new Stint();
  const input = 'name: good\nrun: echo x >> "$HOME/starts"; while [ ! -e "$HOME/go" ]; do sleep 0.05; done\n';
  await stint.run(["submit", "-"], { input });
  const text = readFileSync(join(stint.home, "pending", "000001-good.json"), "utf8");
  await supervised(stint, () => stint.files("running").length === 1);
  await stint.up();
  mkdirSync(join(stint.home, "tmp", "copy"));
  writeFileSync(join(stint.home, "tmp", "copy", "000001-good.json"), text);
  renameSync(join(stint.home, "tmp", "copy"), join(stint.home, "incoming", "0-copy"));
  await until("the copy is put aside", () => stint.files("pending/.corrupt").length === 1);
  writeFileSync(join(stint.root, "go"), "");
  await stint.reach(1, "completed");
  expect(stint.textOf("starts")).toBe("x\n");
});

test.concurrent.each(["start", "exit.json"])(
  "a run whose %s is invalid is ended, and the others go on",
  async (file) => {
    await using stint = new Stint();
    const shapes = Object.entries(SHAPES);
    const first = await stint.up("--jobs", "20");
    await stint.run(["submit", "-"], { input: shapes.map(() => "name: bad\nrun: sleep 60\n").join("---\n") });
    const running = [];
    for (const [index] of shapes.entries()) running.push(await stint.reach(index + 1, "running"));
    first.kill("SIGKILL");
    await first.exited;
    for (const [index, record] of running.entries()) {
      killJob(record);
      shapes[index]?.[1](
        join(stint.home, "runs", record.metadata.id, "1", file),
        '{"status":0,"sawTerm":false}\n',
      );
    }
    await stint.ok("submit", "--name", "good", "--", "true");
    const isAgain = (): boolean =>
      stint.files("done").length === 1 &&
      shapes.every((_, index) => stint.record(index + 1).status.attempts.length === 2);
    const { code } = await supervised(stint, isAgain, 20);
    expect(code).toBe(0);
    for (const [index] of shapes.entries())
      expect(stint.record(index + 1).status.attempts[0]).toMatchObject({ state: "orphaned" });
  },
);

test("a home whose files are links into another folder works", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "good", "--", "true");
  const elsewhere = join(stint.root, "elsewhere");
  renameSync(join(stint.home, "runs"), elsewhere);
  symlinkSync(elsewhere, join(stint.home, "runs"));
  await stint.ok("drain");
  expect(readdirSync(elsewhere)).toEqual(["000001-good"]);
});
