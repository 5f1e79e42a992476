import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Receiver } from "../rig/receiver.ts";
import { Stint, until } from "../rig/stint.ts";

// The command lines of the whole machine are searched for them: no other run of this test has the same.
const OF_FILE = `sesame-of-the-file-${crypto.randomUUID()}`;
const OF_SUBMITTER = `sesame-of-the-submitter-${crypto.randomUUID()}`;
const GUESSED = `sesame-of-a-name-${crypto.randomUUID()}`;

/** A dotenv file beside the home. */
function dotenv(stint: Stint, text: string, mode = 0o600): string {
  const path = join(stint.root, ".env");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** The command lines of this machine that hold a word. */
function commandLinesWith(word: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return []; // it has ended
      }
    })
    .filter((line) => line.includes(word));
}

/** The files of the home that hold a word, by their paths in it. */
async function filesWith(stint: Stint, word: string): Promise<string[]> {
  const found = await Bun.$`grep -rlF ${word} .`.cwd(stint.home).nothrow().text();
  return found.split("\n").filter((line) => line !== "");
}

describe("a secret", () => {
  test("reaches the job, and nothing that stint writes or prints", async () => {
    await using stint = new Stint();
    await using receiver = new Receiver();
    const path = dotenv(stint, `FILE_SECRET="${OF_FILE}"\n`);
    const supervisor = await stint.up();
    const run = `printf '%s\\n' "$FILE_SECRET" "$NAMED" "\${#FILE_SECRET} \${#NAMED} [$NOT_NAMED]" "$OWN_TOKEN"
  until test -e ${stint.root}/go; do sleep 0.02; done; exit 3`;
    const task = `name: a
run: |
  ${run}
environment: clear
envFrom: [{file: ${path}}, {env: [NAMED]}]
env: {OWN_TOKEN: ${GUESSED}}
on: {failure: {webhook: "${receiver.url}"}}
`;
    const env = { NAMED: OF_SUBMITTER, NOT_NAMED: "x" };
    expect((await stint.run(["submit", "-"], { input: task, env })).code).toBe(0);
    const log = (): string => stint.textOf("home/runs/000001-a/1/output.log");
    await until("the job has written", () => log().includes(GUESSED));
    for (const value of [OF_FILE, OF_SUBMITTER, GUESSED]) expect(commandLinesWith(value)).toEqual([]);
    const following = stint.run(["logs", "-f", "1"]);
    writeFileSync(join(stint.root, "go"), "");
    await stint.reach(1, "failed");
    await until("the hook is called", () => receiver.got.length === 1);
    const shown = `***\n***\n${OF_FILE.length} ${OF_SUBMITTER.length} []\n***\n`;
    expect((await following).out).toBe(shown);
    expect(await stint.ok("logs", "1")).toBe(shown.trim());
    expect(await stint.ok("logs", "1", "--tail", "10")).toBe(shown.trim());
    expect(stint.record(1).status.attempts[0]?.logTail).toBe(shown.trim());
    expect(JSON.parse(receiver.got[0]?.body ?? "")).toMatchObject({ logTail: shown.trim() });
    const said = await Promise.all(
      [
        ["show", "1"],
        ["show", "1", "--json"],
        ["explain", "1"],
        ["ls", "--all", "--json"],
      ].map((verb) => stint.run(verb)),
    );
    await stint.ok("down");
    const ours = [
      ...said.map(({ out }) => out),
      await supervisor.stdout.text(),
      await supervisor.stderr.text(),
    ];
    // What stands under env: was written into the task file by its author.
    for (const value of [OF_FILE, OF_SUBMITTER])
      expect(ours.filter((text) => text.includes(value))).toEqual([]);
    expect((await filesWith(stint, OF_FILE)).toSorted()).toEqual([
      "./env/000001-a.json",
      "./runs/000001-a/1/output.log",
    ]);
    expect((await filesWith(stint, OF_SUBMITTER)).toSorted()).toEqual([
      "./env/000001-a.json",
      expect.stringMatching(/^\.\/env\/[0-9a-f]{64}\.json$/),
      "./runs/000001-a/1/output.log",
    ]);
    expect(await filesWith(stint, "NOT_NAMED:")).toEqual([]);
  });

  test("that changed while its job ran is still masked, by the next supervisor and by every verb", async () => {
    await using stint = new Stint();
    const path = dotenv(stint, `A=${OF_FILE}\n`);
    const own = { SUPERVISORS_TOKEN: OF_SUBMITTER };
    const first = stint.start(["up"], { env: own });
    await until("it is up", () => stint.owner()?.["pid"] === first.pid);
    const run = `echo "$A $SUPERVISORS_TOKEN"; until test -e ${stint.root}/go; do sleep 0.02; done; exit 3`;
    // An inbox file has no submitter: the variables are the supervisor's.
    writeFileSync(
      join(stint.home, "inbox", "a.yaml"),
      JSON.stringify({ name: "a", run, envFrom: { file: path } }),
    );
    writeFileSync(join(stint.home, "inbox", "b.yaml"), JSON.stringify({ name: "b", run }));
    await Promise.all([stint.reach(1, "running"), stint.reach(2, "running")]);
    first.kill("SIGKILL");
    await first.exited;
    writeFileSync(path, "A=quite another\n");
    writeFileSync(join(stint.root, "go"), "");
    await stint.run(["drain"]);
    for (const record of stint.records()) {
      const { id } = record.metadata;
      const shown = id.endsWith("a") ? "*** ***" : "***";
      expect(record.status.attempts[0]?.logTail?.trim()).toBe(shown);
      expect((await stint.run(["logs", id])).out.trim()).toBe(shown);
      expect((await stint.run(["show", id])).out).not.toContain("sesame");
      expect(statSync(join(stint.home, "env", `${id}.json`)).mode & 0o777).toBe(0o600);
    }
    await stint.ok("clean", "--older-than", "0s", "--dead-letter");
    expect(stint.files("env").filter((name) => !/^[0-9a-f]{64}/.test(name))).toEqual([]);
  });

  test("in a path is hidden in the record, and neither from the next attempt nor from the dependents", async () => {
    await using stint = new Stint();
    const path = dotenv(stint, `SAVED=${stint.root}/${OF_FILE}\n`);
    const first = {
      name: "first",
      envFrom: { file: path },
      retry: { maxAttempts: 2, onExit: [3] },
      backoff: { first: "10ms", max: "10ms" },
      outputs: { model: { type: "file" }, text: "string" },
      run: `mkdir -p "$SAVED"
if [ "$STINT_ATTEMPT" = 1 ]; then
  echo 1 > "$SAVED/ck"
  printf '{"type":"CHECKPOINT","path":"%s/ck"}\\n' "$SAVED" >> "$STINT_EVENTS"
  exit 3
fi
cp "$STINT_CHECKPOINT" "$SAVED/model"
printf '{"model":"%s/model","text":"%s"}' "$SAVED" "$SAVED" > "$STINT_OUTPUTS"`,
    };
    const second = { name: "second", after: ["first"], run: 'cat "$STINT_PARENTS"' };
    const input = [first, second].map((one) => JSON.stringify(one)).join("\n---\n");
    await stint.run(["run", "-"], { input });
    expect(stint.record(1).status.attempts[1]).toMatchObject({
      outputs: { text: "***", model: "***/model" },
    });
    const [parent] = JSON.parse(stint.textOf("home/runs/000002-second/1/output.log"));
    expect(parent.outputs).toEqual({ text: "***", model: join(stint.root, OF_FILE, "model") });
  });

  test("in a file is read at the start of each attempt", async () => {
    await using stint = new Stint();
    const path = dotenv(stint, "A=the first\n");
    const task = {
      run: `test "$A" = "the second" || { echo "A=the second" > ${path}; exit 1; }`,
      retries: 1,
      backoff: { first: "10ms", max: "10ms" },
      envFrom: { file: path },
    };
    expect((await stint.run(["submit", "-"], { input: JSON.stringify(task) })).code).toBe(0);
    await stint.ok("drain");
    expect(stint.record(1).status.attempts.map(({ exitCode }) => exitCode)).toEqual([1, 0]);
  });

  test.each([
    ["others can read", 0o644, "A=sesame\n", (path: string) => `chmod 600 ${path}`],
    ["is no dotenv", 0o600, "A=1\nsesame\n", () => "line 2 is no NAME=value"],
  ])(
    "in a file that %s is refused, at the prompt and in the inbox, and not quoted",
    async (_, mode, text, why) => {
      await using stint = new Stint();
      const path = dotenv(stint, text, mode);
      const task = `run: "true"\nenvFrom: {file: ${path}}\n`;
      await stint.ok("submit", "--name", "first", "--", "true");
      const { code, err } = await stint.run(["submit", "-"], { input: task });
      expect([code, err]).toEqual([6, expect.stringContaining(why(path))]);
      writeFileSync(join(stint.home, "inbox", "a.yaml"), task);
      await stint.ok("drain");
      await until("it is refused", () => stint.files("inbox/.rejected").includes("a.yaml.error.txt"));
      const told = readFileSync(join(stint.home, "inbox/.rejected/a.yaml.error.txt"), "utf8");
      expect(told).toContain(why(path));
      expect(`${err}${told}`).not.toContain("sesame");
    },
  );

  test("in a file that has become readable for others fails the attempt, which is not retried", async () => {
    await using stint = new Stint();
    const path = dotenv(stint, "A=sesame\n");
    const task = `name: a\nrun: touch ${stint.root}/ran\nenvFrom: {file: ${path}}\n`;
    expect((await stint.run(["submit", "-"], { input: task })).code).toBe(0);
    chmodSync(path, 0o666);
    expect((await stint.run(["drain"])).code).toBe(1);
    const { attempts } = stint.record(1).status;
    expect(attempts.map(({ failure }) => failure?.code)).toEqual(["INVALID_SPEC"]);
    expect(attempts[0]?.failure?.error).toContain("chmod 600");
    expect(readdirSync(stint.root)).not.toContain("ran");
  });

  test("that is named and not set is refused", async () => {
    await using stint = new Stint();
    const { code, err } = await stint.run(["submit", "-"], {
      input: `run: "true"\nenvFrom: {env: NOT_THERE}\n`,
    });
    expect([code, err]).toEqual([6, expect.stringContaining('"NOT_THERE"')]);
  });
});
