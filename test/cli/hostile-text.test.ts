import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../src/cli/verbs.ts";
import { Stint, until } from "../rig/stint.ts";

/**
 * What others may put into a file's name, a command, a label: it names the window, paints, rings, hides, turns text round, and
 * begins a line of its own that looks like one of ours. Words that are seen in any case stand around it.
 */
const HOSTILE = "evil\u001b]0;x\u0007\u001b[31m\u009b2J\u007f\u202e\u200b\u2028\r\nstint: FORGED";
const TELLTALE = "evil";

/** What of a verb's words may show text of others: command lines, with what they are run on. */
const ROWS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  submit: [
    [HOSTILE],
    ["faulty.yaml"],
    ["--from", HOSTILE],
    ["--dry-run", "sweep.yaml"],
    ["--after", HOSTILE, "--", "x"],
  ],
  run: [[HOSTILE], ["-q", "--env", HOSTILE, "--", "x"]],
  up: [["--jobs", HOSTILE]],
  serve: [
    ["--port", HOSTILE],
    ["--socket", `${HOSTILE}/${HOSTILE}`],
  ],
  down: [[]],
  drain: [
    ["--until", HOSTILE],
    ["--jobs", "4"],
  ],
  ls: [[], [HOSTILE], ["--all"], ["--all", "--json"], ["--state", HOSTILE], ["--label", HOSTILE]],
  show: [["1"], ["2"], ["4"], ["sweep"], ["1", "--json"], [HOSTILE]],
  diff: [
    ["1", "2"],
    [HOSTILE, "1"],
  ],
  explain: [["1"], ["2"], ["2", "--json"], ["3"], [HOSTILE]],
  logs: [["2", "--path"], [HOSTILE], ["2", "--attempt", HOSTILE]],
  wait: [["2"], ["2", "--json"], [HOSTILE], ["2", "--timeout", HOSTILE]],
  cancel: [[HOSTILE], ["--class", HOSTILE]],
  retry: [[HOSTILE]],
  hold: [[HOSTILE]],
  close: [[HOSTILE], ["nosuch"]],
  release: [[HOSTILE]],
  pause: [[HOSTILE]],
  resume: [[HOSTILE]],
  jobs: [[HOSTILE], ["--label", `${HOSTILE}=2`], ["--gpus", HOSTILE], []],
  set: [
    ["1", HOSTILE],
    ["1", `cpus=${HOSTILE}`],
    [HOSTILE, "a=b"],
  ],
  schedules: [[], ["ls", "--json"], ["show", "good"], ["show", HOSTILE], ["run", `bad${HOSTILE}`], [HOSTILE]],
  stats: [["--since", HOSTILE]],
  results: [
    ["sweep"],
    ["sweep", "--csv"],
    ["sweep", "--json"],
    ["sweep", "--by", "value", "--plot"],
    ["sweep", "--sort", HOSTILE],
    [HOSTILE],
  ],
  gpus: [["--no", HOSTILE]],
  services: [[], ["--json"]],
  open: [[], [HOSTILE], ["served"]],
  sync: [[], [HOSTILE]],
  clean: [
    ["--keep", HOSTILE],
    ["--older-than", HOSTILE],
  ],
  "requeue-stale": [["--older-than", HOSTILE]],
  validate: [[HOSTILE], ["faulty.yaml"], ["sweep.yaml"]],
  pin: [[HOSTILE], ["faulty.yaml"]],
  schema: [[HOSTILE]],
  init: [[HOSTILE], ["hello", "-o", `/nowhere/${HOSTILE}`]],
  completion: [[HOSTILE]],
  doctor: [[], ["--json"]],
  service: [[HOSTILE], ["status"]],
  "slurm-program": [
    ["squeue", "--", "-o", `%i %j %Z ${HOSTILE}`],
    ["sacct", "--", "-o", "JobID,JobName,WorkDir"],
    ["sacct", "--", "-j", HOSTILE],
    ["scancel", "--", "--name", HOSTILE],
    ["scontrol", "--", HOSTILE, "1"],
  ],
  "slurm-shims": [[`shims-${HOSTILE}`]],
  audit: [[HOSTILE], ["verify"]],
  help: [[HOSTILE]],
  edit: [[HOSTILE]],
  import: [[HOSTILE], ["crontab", HOSTILE]],
  move: [[HOSTILE], ["1", "--before", HOSTILE]],
  "read-files": [[]],
  events: [
    [],
    ["--json", "--after", "0"],
    ["--topic", "t"],
    ["--json", "--topic", "t"],
    ["--topic", HOSTILE],
  ],
  emit: [[HOSTILE], ["metric", HOSTILE], ["info", HOSTILE]],
  artifacts: [["1"], [HOSTILE], ["2", "--json"]],
  define: [[HOSTILE], ["faulty.yaml"]],
  definitions: [[], ["show", HOSTILE], ["rm", HOSTILE]],
  collect: [[]],
  prepare: [[HOSTILE]],
};

/** What must not be in any text that we write; and no line that we did not begin. */
const RAW = /[^\P{Cc}\n\t]|[^\P{Cf}\u200c\u200d]|[\p{Zl}\p{Zp}]|^stint: FORGED/mu;

/** Where raw text of others stands, with what is around it; null where it does not. */
function rawIn(text: string): string | null {
  const found = RAW.exec(text);
  return found === null ? null : JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 20));
}

/** A home below a folder of a hostile name, with hostile text wherever others can bring it. */
async function hostileHome(): Promise<Stint> {
  const stint = new Stint();
  const folder = join(stint.root, HOSTILE);
  mkdirSync(folder);
  Object.assign(stint, { home: join(folder, "home") });
  const event = JSON.stringify({ type: "INFO", msg: HOSTILE, payload: { [HOSTILE]: HOSTILE } });
  const task = (more: object): string =>
    JSON.stringify({
      command: [
        "sh",
        "-c",
        `printf '%s\\n' "$1" > $STINT_EVENTS; printf '%s\\n' "$0" >&2; exit 3`,
        HOSTILE,
        event,
      ],
      topic: "t",
      attributes: { [HOSTILE]: HOSTILE },
      cwd: folder,
      retries: 0,
      ...more,
    });
  writeFileSync(join(stint.root, "held.yaml"), task({ labels: { [HOSTILE]: HOSTILE }, hold: true }));
  writeFileSync(join(stint.root, "failing.yaml"), task({ env: { [HOSTILE]: HOSTILE } }));
  writeFileSync(join(stint.root, "sweep.yaml"), task({ name: "sweep", matrix: { value: [HOSTILE, "b"] } }));
  writeFileSync(join(stint.root, "faulty.yaml"), task({ [HOSTILE]: 1, envFrom: { file: HOSTILE } }));
  await stint.ok("submit", "--name", "held", "held.yaml");
  await stint.ok("submit", "--name", "failing", "failing.yaml");
  await stint.ok("submit", "sweep.yaml");
  const service = { port: 0, url: HOSTILE, publish: HOSTILE };
  writeFileSync(join(stint.root, "served.yaml"), task({ service, hold: true }));
  await stint.ok("submit", "--name", "served", "served.yaml");
  writeFileSync(join(stint.home, "schedules", "good.yaml"), `every: 7d\ntask: ${task({})}\n`);
  writeFileSync(join(stint.home, "schedules", `bad${HOSTILE}.yaml`), "every: 0\n");
  return stint;
}

test("every verb is tried", () => {
  expect(Object.keys(ROWS).toSorted()).toEqual(Object.keys(VERBS).toSorted());
});

test("no verb and no supervisor prints text from files or jobs without escaping it", async () => {
  await using stint = await hostileHome();
  const told: string[] = [];
  const breaches: string[] = [];
  const look = (what: string, text: string): void => {
    told.push(text);
    const raw = rawIn(text);
    if (raw !== null) breaches.push(`${what}: ${raw}`);
  };
  // A supervisor with a log, an inbox and jobs that fail.
  const supervisor = await stint.up();
  writeFileSync(join(stint.home, "pending", `${HOSTILE}.json`), HOSTILE);
  writeFileSync(join(stint.home, "inbox", `${HOSTILE}.yaml`), `${HOSTILE}: 1\n`);
  await stint.reach(2, "failed");
  await stint.reach(4, "failed");
  await until("the file is refused", () =>
    stint.files("inbox/.rejected").some((name) => name.endsWith(".txt")),
  );
  supervisor.kill("SIGTERM");
  look("up", await new Response(supervisor.stdout).text());
  look("up", await new Response(supervisor.stderr).text());
  expect(told.join()).toContain(TELLTALE);
  for (const [verb, calls] of Object.entries(ROWS)) {
    const texts: string[] = [];
    for (const args of [...calls, [`--${HOSTILE}`]]) {
      const { out, err } = await stint.run([verb, ...args]);
      for (const text of [out, err]) look(`${verb} ${JSON.stringify(args)}`, text);
      texts.push(out, err);
      if (args.at(-1) === "--json") expect(() => JSON.parse(out) as unknown).not.toThrow();
    }
    // Else the row shows nothing.
    expect([verb, texts.join("").includes(TELLTALE)]).toEqual([verb, true]);
  }
  const { out, err } = await stint.run([HOSTILE]);
  look("a verb that is none", out + err);
  expect(breaches).toEqual([]);
  const json = JSON.parse(await stint.ok("show", "1", "--json")) as { metadata: { labels: object } };
  expect(json.metadata.labels).toEqual({ [HOSTILE]: HOSTILE });
});
