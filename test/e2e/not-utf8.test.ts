import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, Stint } from "../rig/stint.ts";

/** Calls it from a shell line, in which `$bad` holds bytes in Latin-1 and `"$0" "$@"` is the call. */
function call(stint: Stint, line: string, ...args: string[]): Promise<Ran> {
  return stint.run(args, { under: ["bash", "-c", `bad=$'caf\\xe9'; ${line}`] });
}

test("an argument that is not UTF-8 is refused with its position, and U+FFFD itself is accepted", async () => {
  await using stint = new Stint();
  const { code, err } = await call(stint, '"$0" "$@" "$bad"', "submit", "--", "echo");
  expect(code).toBe(2);
  expect(err).toContain("WRONG_ENCODING");
  expect(err).toContain(String.raw`argument 4 $'caf\xe9'`);
  expect((await call(stint, '"$0" "$@" --label k="$bad"', "run", "--", "true")).code).toBe(125);
  await stint.ok("submit", "--", "echo", "caf\uFFFD");
  expect(stint.records()).toHaveLength(1);
  expect(JSON.stringify(stint.record(1).spec)).toContain("caf\uFFFD");
});

test("a variable that is not UTF-8 is refused where a job would get it", async () => {
  await using stint = new Stint();
  const line = 'export WORD="$bad" GOOD=caf\uFFFD; "$0" "$@"';
  const { code, err } = await call(stint, line, "submit", "--", "true");
  expect(code).toBe(2);
  expect(err).toContain(String.raw`the variable WORD: $'caf\xe9'`);
  const tasks = [
    "{command: [env], environment: clear}",
    "{command: [env], environment: [GOOD]}",
    "{command: [env], environment: clear, envFrom: [{env: [GO*]}]}",
  ];
  writeFileSync(join(stint.root, "good.yaml"), tasks.join("\n---\n"));
  expect(await call(stint, line, "submit", "good.yaml")).toMatchObject({ code: 0 });
  writeFileSync(
    join(stint.root, "bad.yaml"),
    "{command: [env], environment: clear, envFrom: [{env: [WO*]}]}",
  );
  expect((await call(stint, line, "submit", "bad.yaml")).code).toBe(2);
  // Who holds the queue does without it.
  expect((await call(stint, line, "drain")).code).toBe(0);
  expect(stint.records().map(({ status }) => status.state)).toEqual(["completed", "completed", "completed"]);
});

test("a variable whose name is in other bytes is told of by who would hand it on", async () => {
  await using stint = new Stint();
  const line = 'exec env "$bad=1" "$0" "$@"';
  const told = String.raw`will not get $'caf\xe9'`;
  const submitted = await call(stint, line, "submit", "--", "true");
  expect([submitted.code, submitted.err]).toEqual([0, expect.stringContaining(told)]);
  writeFileSync(join(stint.root, "clear.yaml"), "{command: ['true'], environment: clear}");
  expect(await call(stint, line, "submit", "clear.yaml")).toMatchObject({ code: 0, err: "" });
  const supervisor = await stint.upUnder({ under: ["bash", "-c", `bad=$'caf\\xe9'; ${line}`] });
  supervisor.kill("SIGTERM");
  expect(await new Response(supervisor.stderr).text()).toContain(told);
});

test("a folder whose name is not UTF-8 is refused as a working directory, as a source and as a home", async () => {
  await using stint = new Stint();
  await stint.ok("init");
  mkdirSync(join(stint.root, "plain"));
  const inFolder = 'mkdir -p "$bad" && cd "$bad"';
  const place = String.raw`caf\xe9' is not UTF-8 text`;
  const calls: [line: string, args: string[]][] = [
    [`${inFolder}; "$0" "$@"`, ["submit", "--", "true"]],
    [`${inFolder}; echo 'run: "true"' >job.yaml; "$0" "$@"`, ["submit", "job.yaml"]],
    [`${inFolder}; "$0" "$@"`, ["ls", "--home", "here"]],
    [`STINT_HOME="$PWD/$bad" "$0" "$@"`, ["ls"]],
  ];
  for (const [line, args] of calls) {
    const { code, err } = await call(stint, line, ...args);
    expect([args, code]).toEqual([args, 2]);
    expect(err).toContain("WRONG_ENCODING");
    expect(err.replace(": the name of this folder", "")).toContain(place);
  }
  expect(stint.records()).toEqual([]);
  const plain = ["submit", "--cwd", join(stint.root, "plain"), "--", "true"];
  expect((await call(stint, `${inFolder}; "$0" "$@"`, ...plain)).code).toBe(0);
  expect((await call(stint, `${inFolder}; "$0" "$@"`, "ls")).code).toBe(0);
});

test("a secrets file that is not UTF-8 is refused with the line", async () => {
  await using stint = new Stint();
  const path = join(stint.root, "job.env");
  writeFileSync(path, Buffer.from("A=1\nB=caf\xe9\n", "latin1"), { mode: 0o600 });
  const { code, err } = await stint.run(["submit", "-"], {
    input: `{run: "true", envFrom: [{file: ${path}}]}`,
  });
  expect(code).toBe(6);
  expect(err).toContain("line 2 is not UTF-8 text");
});

test("a config.yaml that is not UTF-8 is refused with the line, and so is a record that was edited so", async () => {
  await using stint = new Stint();
  await stint.ok("init");
  await stint.ok("submit", "--", "echo", "caf\u00e9 \ufffd");
  const config = join(stint.home, "config.yaml");
  writeFileSync(config, Buffer.from("jobs: 2\nconcurrency: {labels: {pool=caf\xe9: 1}}\n", "latin1"));
  const up = await stint.run(["drain"]);
  expect(up.code).toBe(6);
  expect(up.err).toContain(`Cannot use "${config}": line 2 is not UTF-8 text, wanted a file that is`);
  rmSync(config);
  const path = join(stint.home, "pending", stint.files("pending")[0] ?? "");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, Buffer.from(text.replace("\ufffd", ""), "latin1"));
  expect((await stint.run(["show", "1"])).err).toContain("RECORD_CORRUPT");
  expect((await stint.run(["doctor"])).out).toMatch(/line \d+ is not UTF-8 text/);
  writeFileSync(path, text);
  await stint.ok("drain");
  expect(await stint.ok("logs", "1")).toContain("caf\u00e9 \ufffd");
});
