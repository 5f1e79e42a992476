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

test("a value of env is expanded from the environment that the job starts from, and a record says which", async () => {
  await using stint = new Stint();
  const env = { PATH: "~/bin:$PATH", AT: "${HOME}/${STINT_TASK_ID}", LITERAL: "$HOME pa$$word $${HOME}" };
  const run = 'printf \'%s\\n\' "$PATH" "$AT" "$LITERAL"';
  const input = JSON.stringify({ name: "job", env, run });
  expect((await stint.run(["submit", "-"], { input })).code).toBe(0);
  // As all records were, before values were expanded.
  await stint.run(["submit", "--from", "job", "--name", "old", "-e", `AT=${env.AT}`]);
  const kinds = stint.records().map(({ spec }) => spec["kind"] as { env: unknown; expands: string[] });
  expect(kinds.map(({ expands }) => expands)).toEqual([
    ["PATH", "AT", "LITERAL"],
    ["PATH", "LITERAL"],
  ]);
  expect(kinds.map((kind) => kind.env)).toEqual([env, env]);
  await stint.ok("drain");
  const { PATH = "", HOME = "" } = stint.env;
  const rest = `$HOME pa$$word \${HOME}`;
  expect(await stint.ok("logs", "job")).toBe(`${HOME}/bin:${PATH}\n${HOME}/000001-job\n${rest}`);
  expect(await stint.ok("logs", "old")).toBe(`${HOME}/bin:${PATH}\n${env.AT}\n${rest}`);
});

test("a variable that stint sets at the start need not be set where it is submitted, one of Slurm too", async () => {
  await using stint = new Stint();
  const input = `run: 'echo "$OUT"'\nenv: {OUT: 'run-\${SLURM_JOB_ID}-\${STINT_ATTEMPT}'}\n`;
  const refused = await stint.run(["submit", "-"], { input });
  expect(refused.err).toContain("${SLURM_JOB_ID} is not set where the job starts");
  expect(await stint.run(["submit", "-"], { input: `${input}slurm: {tasks: 1}\n` })).toMatchObject({
    code: 0,
  });
  await stint.ok("drain");
  expect(await stint.ok("logs")).toBe("run-1-1");
});

test("a variable that is not set is refused where it is submitted, else where the job starts", async () => {
  await using stint = new Stint();
  const input = "name: job\nrun: echo\nenv: {A: '${NONE}'}\n";
  const says =
    "the value of env.A cannot be expanded: ${NONE} is not set where the job starts, wanted a variable that is set, ${NONE:-} for nothing, or $${NONE} for this very text";
  const refused = await stint.run(["submit", "-"], { input });
  expect(refused).toEqual({
    code: 6,
    out: "",
    err: `stint: Cannot queue "job": ${says} [INVALID_TASK_FILE]\n  stint help environment\n`,
  });
  expect(ensureHome(stint.home).ok).toBeTrue();
  writeFileSync(join(stint.home, "inbox", "job.yaml"), input);
  await stint.run(["drain"]);
  expect(await stint.ok("explain", "job")).toContain(`job failed: Cannot start "000001-job": ${says}`);
  // In a container the PATH of its image is not known.
  const inImage = "name: job\nrun: a\ncontainer: {image: a}\nenv: {PATH: '/opt/bin:$PATH'}\n";
  expect((await stint.run(["submit", "-"], { input: inImage })).err).toContain("${PATH} is not set where");
});

test("edit keeps what is expanded, and what is not", async () => {
  await using stint = new Stint();
  await stint.run(["submit", "-"], { input: "name: job\nrun: a\nenv: {A: '${HOME}'}\n" });
  await stint.ok("submit", "--hold", "--name", "flag", "-e", "A=${HOME}", "--", "true");
  const edit = async (name: string, change: string) =>
    stint.run(["edit", name], { env: { EDITOR: `sed -i '${change}'` } });
  await edit("job", "$a priority: 5");
  // A value that a file would have expanded is edited as a record.
  await edit("flag", "s/priority: 0/priority: 5/");
  const seen = stint
    .records()
    .map(({ spec }) => [spec["priority"], (spec["kind"] as { expands?: string[] }).expands]);
  expect(seen).toEqual([
    [5, ["A"]],
    [5, undefined],
  ]);
});
