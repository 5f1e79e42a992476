import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { parseSchedule } from "../../../src/daemon/schedules/load-schedule.ts";
import { readDagu } from "../../../src/intake/import/dagu.ts";
import type { ImportReader } from "../../../src/intake/import/imported.ts";
import { valueOf } from "../../rig/results.ts";
import { IMPORT, importedBy, importFaults } from "./rig.ts";

const read: ImportReader = (text, context) => readDagu(text, { context, folder: "/dags", name: "file" });

/** The tasks of a DAG without times, as they are written; they are valid. */
function tasksIn(text: string): Record<string, unknown>[] {
  const { files } = importedBy(read, text);
  return (files[0]?.text ?? "").split("---\n").map((one) => parse(one) as Record<string, unknown>);
}

const only = (text: string): Record<string, unknown> => tasksIn(text)[0] ?? {};

const ETL = `name: Nightly ETL
description: loads the data
schedule: "CRON_TZ=Europe/Berlin 0 2 * * *"
histRetentionDays: 30
params: DAY=1 REGION="eu west"
env:
  - OUT: $HOME/out/\${DAY}
  - PATH: $OUT/bin:$PATH
shell: bash
steps:
  - name: fetch data
    command: ./fetch.sh --day $DAY
    dir: work
    retry_policy: {limit: 3, interval_sec: 10}
    timeoutSec: 600
    signalOnStop: SIGINT
  - name: clean
    depends: [fetch data]
    continueOn: {failure: true}
    command: python3
    script: |
      print("clean")
  - id: load
    depends: clean
    run: [./load.sh, ./index.sh]
    env: {LEVEL: info}
handlerOn:
  failure: {command: notify-send failed}
  success: {command: echo ok}
  exit: {command: rm -rf tmp}
`;

test("a DAG with times becomes one schedule, with a task for each step and for what follows all of them", () => {
  const { files, afterwards, differences } = valueOf(read(ETL, IMPORT));
  const [file, another] = files;
  expect(another).toBeUndefined();
  expect([file?.type, file?.name]).toEqual(["schedule", "Nightly-ETL"]);
  expect(file?.text).toStartWith(
    '# The DAG of source\n# loads the data\ncron: "0 2 * * *"\ntimeZone: Europe/Berlin\n',
  );
  expect(file?.text).not.toMatch(/[&*]a1/);
  const env = { DAY: "1", REGION: "eu west", OUT: "${HOME}/out/1", PATH: "${HOME}/out/1/bin:${PATH}" };
  const notify = { failure: { command: "notify-send failed" } };
  const cancel = { onParentFailure: "cancel" };
  const all = ["fetch-data", "clean", "load"];
  const backoff = { first: "10s", max: "10s", factor: 1, jitter: "none" };
  const written = parse(file?.text ?? "") as { readonly task: unknown };
  expect(written.task).toEqual([
    {
      name: "fetch-data",
      run: "./fetch.sh --day $DAY",
      runtime: "bash",
      cwd: "/dags/work",
      env,
      timeout: "600s",
      stop: { signal: "INT" },
      retries: 3,
      backoff,
      notify,
    },
    {
      name: "clean",
      run: 'print("clean")\n',
      runtime: "python",
      cwd: "/dags",
      env,
      after: ["fetch-data"],
      ...cancel,
      notify,
    },
    {
      name: "load",
      run: "set -e\n./load.sh\n./index.sh",
      runtime: "bash",
      cwd: "/dags",
      env: { ...env, LEVEL: "info" },
      afterAny: ["clean"],
      notify,
    },
    { name: "on-success", run: "echo ok", runtime: "bash", cwd: "/dags", env, after: all, ...cancel },
    { name: "on-exit", run: "rm -rf tmp", runtime: "bash", cwd: "/dags", env, afterAny: all },
  ]);
  expect(file?.notes).toEqual([
    "the command of handlerOn.failure does not get the variables of the DAG",
    "left out, as nothing here needs it: description, histRetentionDays",
  ]);
  expect(differences.at(-1)).toContain("the steps of a firing run one after another");
  expect(afterwards).toContain("or it runs twice");
  const source = { path: "/h/x.yaml", name: "Nightly-ETL" };
  expect(
    parseSchedule(file?.text ?? "", source, {
      definition: () => ({ ok: false, error: "none" }),
      userHome: "/h",
      nowMs: IMPORT.nowMs,
    }).ok,
  ).toBeTrue();
});

describe("a step of a DAG", () => {
  test.each([
    ["command: ls -l | wc", { run: "ls -l | wc" }],
    ["command: [echo, a b, c]", { command: ["echo", "a b", "c"] }],
    ["command: echo\n    args: [a b, -x]", { run: 'echo "a b" -x' }],
    ["command: [echo, $A]", { run: 'echo "$A"' }],
    ["command: [make a, make b]", { run: "set -e\nmake a\nmake b" }],
    ["script: |\n      #!/bin/sh\n      ls", { run: "#!/bin/sh\nls\n" }],
    ["command: ls\n    shell: /bin/zsh -e", { run: "ls", runtime: { command: "/bin/zsh", flag: "-e" } }],
    ["run: ls\n    with: {shell: sh}", { run: "ls", runtime: "sh" }],
    ["command: ls\n    executor: command", { run: "ls" }],
    ["command: ls\n    workingDir: ~/x", { cwd: "~/x" }],
    ["command: ls\n    continueOn: skipped", { run: "ls" }],
    [
      "command: ls\n    retryPolicy: {limit: 4, intervalSec: 5, backoff: true, exitCode: [3]}",
      { retries: 4, retry: { onExit: [3] }, backoff: { first: "5s", max: "40s", factor: 2, jitter: "none" } },
    ],
  ])("%j", (step, keys) => {
    expect(only(`steps:\n  - name: a\n    ${step}\n`)).toMatchObject(keys);
  });

  test.each([
    ["params: A=1 B='x y'", { A: "1", B: "x y" }],
    ["params: [{A: 1}, B=x y]", { A: "1", B: "x y" }],
    ["params: {A: 1}", { A: "1" }],
    ["params: [{name: A, default: 1, type: integer}]", { A: "1" }],
    ["env: [A=1 2, {B: $A$C}]", { A: "1 2", B: "1 2${C}" }],
  ])("has the variables of %j", (above, env) => {
    expect(only(`${above}\nsteps:\n  - command: ls\n`)["env"]).toEqual(env);
  });

  test("has positional parameters as arguments, where it names them", () => {
    const [first, second] = tasksIn('params: a "b c"\nsteps:\n  - echo $1\n  - ls\n');
    expect(first).toMatchObject({ script: "echo $1", args: ["a", "b c"] });
    expect(second).toMatchObject({ run: "ls" });
  });
});

describe("the steps of a DAG", () => {
  const after = (text: string): unknown[] => tasksIn(text).map((task) => [task["name"], task["after"]]);

  test.each([
    [
      "steps: [{name: a, run: x}, {name: b, run: x}, {name: b, run: x, depends: a}]",
      [
        ["a", undefined],
        ["b", undefined],
        ["b-2", ["a"]],
      ],
    ],
    [
      "type: chain\nsteps: [{name: a, run: x}, {name: b, run: x, depends: []}, {name: c, run: x}]",
      [
        ["a", undefined],
        ["b", undefined],
        ["c", ["b"]],
      ],
    ],
    [
      "type: graph\nsteps: [{run: x}, {run: x}]",
      [
        ["step-1", undefined],
        ["step-2", undefined],
      ],
    ],
    [
      "steps: {a b: {run: x}, c: {run: x, depends: [a b]}}",
      [
        ["a-b", undefined],
        ["c", ["a-b"]],
      ],
    ],
  ])("of %j", (text, expected) => {
    expect(after(text)).toEqual(expected);
  });

  test("run in their order where nothing says otherwise, and this is noted", () => {
    const text = "steps: [{run: x}, {run: x}]";
    expect(after(text)).toEqual([
      ["step-1", undefined],
      ["step-2", ["step-1"]],
    ]);
    expect(importedBy(read, text).files[0]?.notes).toEqual([expect.stringContaining("no step has depends")]);
  });
});

test.each([
  ["a: 1", "source:1:1: the text is no DAG of dagu, wanted a mapping with steps"],
  ["preconditions: [x]", '"preconditions" has no counterpart in stint'],
  ["timeoutSec: 5", '"timeoutSec" has no counterpart in stint'],
  ["env: {A: '`date`'}", '"`date`" runs a command, which has no counterpart in a variable'],
  ["schedule: {start: '0 1 * * *', stop: '0 2 * * *'}", '"schedule.stop" has no counterpart in stint'],
  ["schedule: '0 1 * *'", '"0 1 * *" '],
  ["handlerOn: {cancel: {command: x}}", '"handlerOn.cancel" has no counterpart in stint'],
  ["type: agent", '"type" is "agent", wanted graph or chain'],
  ["steps: [{run: x, output: A}]", '"output" has no counterpart in stint'],
  ["steps: [{run: 'echo ${a.output}'}]", "${a.output} is the output of another step"],
  ["steps: [{run: 'echo $DAG_RUN_ID'}]", "$DAG_RUN_ID is set by dagu alone"],
  ["steps: [{run: sub.yaml}]", '"run" names another DAG'],
  ["steps: [{run: sub, params: A=1}]", '"run" names another DAG'],
  ["steps: [{command: x, executor: {type: docker}}]", '"executor" has no counterpart in stint'],
  ["steps: [{action: http.request}]", '"action" has no counterpart in stint'],
  ["steps: [{run: x, depends: [z]}]", '"depends" is "z", wanted the name of a step'],
  ["steps: [{run: x, dir: $A}]", "has a variable, wanted a folder that is known now"],
  ["steps: [{run: x, continueOn: {exitCode: 1}}]", '"continueOn.exitCode" has no counterpart in stint'],
  ["steps: [{run: x, signalOnStop: SIGKILL}]", '"signalOnStop" is "SIGKILL", wanted one of TERM, INT'],
  ["steps: [{name: a}]", "the step runs nothing, wanted command, script or run"],
  ["steps: [[ls, ls]]", "the steps of a list in the list run beside each other"],
  ["steps: [{run: x, frob: 1}]", '"frob" has no counterpart in stint'],
])("what has no counterpart in %j is refused by name, with its place", (part, says) => {
  const isWhole = part.startsWith("steps") || part === "a: 1";
  const faults = importFaults(read, isWhole ? part : `${part}\nsteps: [{run: x}]\n`);
  expect(faults).toEqual([expect.stringContaining(says)]);
  expect(faults[0]).toStartWith("source:1:");
});

test("a second document of a DAG file, which is a sub-DAG, is refused", () => {
  expect(importFaults(read, "steps: [{run: x}]\n---\nsteps: [{run: y}]\n")).toEqual([
    expect.stringContaining("source:3:1: a second document is a sub-DAG"),
  ]);
});
