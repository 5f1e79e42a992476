import { describe, expect, test } from "bun:test";
import { meaningOf } from "../../../src/intake/key-names.ts";
import { formOf } from "../../../src/intake/recognize/form.ts";
import { recognize } from "../../../src/intake/recognize/recognize.ts";
import { settingsSchema } from "../../../src/intake/settings.ts";
import { OF_CONFIG } from "../../../src/intake/slips/known.ts";
import { timed } from "../../rig/cpu-time.ts";
import { faultsIn, hintsIn } from "../rig.ts";

/** A file of another tool: its text, where it is told, what it is, and the way out. */
type Row = readonly [text: string, place: string, what: string, way: string];

const tasksOf = (what: string): string =>
  `write ${what} as a task with run:, separate them with ---, and order them with after:`;
const RECIPE = "to queue one of its recipes: stint submit -- just RECIPE";
const LIST = "write each task as a document of its own, with a line --- between two of them";
const TARGET = "to queue one of its targets: stint submit -- make TARGET";
const IMPORT = "to import it: stint import crontab job.yaml";

const FILES: readonly Row[] = [
  [
    "# m h dom\nMAILTO=a@b\n\n*/5 * * * * /usr/bin/poll: now\n0 3 1 jan mon,fri x\n",
    "4:1",
    "a crontab",
    IMPORT,
  ],
  ["@daily cd /srv && make\n", "1:1", "a crontab", IMPORT],
  ["A = 'b c'\n\"B\"=c\n0 3 * * * make\n", "3:1", "a crontab", IMPORT],
  ["0 3 * * * root run-parts /etc/cron.daily\n", "1:1", "a crontab", IMPORT],
  [
    "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/x\n",
    "1:1",
    "a systemd unit",
    "write what ExecStart= starts as run:, and OnCalendar= as cron: of a schedule; for a service see restart:",
  ],
  [
    "FROM python:3\nRUN pip install x\n",
    "1:1",
    "a Dockerfile",
    "build the image, and write container: {image: NAME}",
  ],
  [
    "<!DOCTYPE html>\n<html>\n",
    "1:1",
    "an HTML or XML page",
    "look at what was downloaded: a link to the file itself is wanted",
  ],
  [
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec:\n  backoffLimit: 2\n",
    "1:1",
    "a Kubernetes manifest",
    "write its command as run: (or container: {image: NAME}), limits.memory as memory: 8GiB, backoffLimit as retries:",
  ],
  [
    "version: '3'\nservices:\n  web:\n    image: x\n    command: a\n",
    "2:1",
    "a Compose file",
    "write a task for each service that runs to completion, with container: {image: NAME} and command: […]",
  ],
  [
    "name: CI\non: [push]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n",
    "3:1",
    "a GitHub workflow",
    tasksOf("each step"),
  ],
  [
    "stages: [a]\nbuild:\n  stage: a\n  script:\n    - make\n",
    "1:1",
    "a GitLab pipeline",
    tasksOf("the script: of each job"),
  ],
  ["image: x\nbuild:\n  script: make\n", "2:1", "a GitLab pipeline", tasksOf("the script: of each job")],
  [
    "version: 2.1\nworkflows:\n  w: {}\njobs:\n  b:\n    docker: []\n",
    "4:1",
    "a CI pipeline",
    tasksOf("each step"),
  ],
  ["trigger: [main]\nsteps:\n- script: make\n", "2:1", "a CI pipeline", tasksOf("each step")],
  [
    'schedule: "0 1 * * *"\nsteps:\n  - name: a\n    command: echo\n',
    "2:1",
    "a DAG of dagu",
    "to import it: stint import dagu job.yaml",
  ],
  [
    "version: '3'\ntasks:\n  build:\n    cmds: [go build]\n",
    "2:1",
    "a Taskfile",
    "to queue one of its tasks: stint submit -- task NAME",
  ],
  [
    "- hosts: all\n  tasks:\n    - shell: x\n",
    "1:1",
    "an Ansible playbook",
    "to queue it: stint submit -- ansible-playbook job.yaml",
  ],
  [
    "rule all:\n    input: 'x'\n",
    "1:1",
    "a Snakefile",
    "to queue it: stint submit -- snakemake --cores all -s job.yaml",
  ],
  ["all: build\n\nbuild: x.c\n\tgcc x.c\n", "3:1", "a Makefile", TARGET],
  [".PHONY: run\nrun:\n\t./x\n", "1:1", "a Makefile", TARGET],
  ["build:\n    cargo build\ntest: build\n    cargo test\n", "1:1", "a justfile", RECIPE],
  ["name := 'x'\nrun:\n    ./x\n", "1:1", "a justfile", RECIPE],
  ["tasks:\n  - name: a\n    run: b\n", "1:1", "a list of tasks", LIST],
  ["# all\njobs:\n- run: b\n", "2:1", "a list of tasks", LIST],
  ["import os\nprint({1: os})\n", "1:1", "a Python program", "to queue it: stint submit -- python3 job.yaml"],
  [
    "set -e\ncd /srv\npython train.py --note: 3\n",
    "1:1",
    "a shell script",
    "to queue it: stint submit -- bash job.yaml",
  ],
  [
    "A=1\n# note: b\nfor x in 1 2; do\n  echo $x: a\ndone\n",
    "3:1",
    "a shell script",
    "to queue it: stint submit -- bash job.yaml",
  ],
  [
    "A=1\nB='x: y'\n",
    "1:1",
    "a list of environment variables",
    "name it in a task: envFrom: {file: job.yaml}",
  ],
  ["---\ncron: 0 1 * * *\ntask: {run: a}\n", "2:1", "a schedule", "to add it: stint schedules add job.yaml"],
  ["every: 5 hours\nfile: /x.yaml\n", "1:1", "a schedule", "to add it: stint schedules add job.yaml"],
  ["cron: */5 * * * *\ntask: {runn: a}\n", "1:1", "a schedule", "to add it: stint schedules add job.yaml"],
  [
    "jobs: 4\nretention: {done: 7d}\n",
    "1:1",
    "a config.yaml",
    "to check it: stint validate --as config job.yaml; it applies as config.yaml of the home",
  ],
];

describe("a file of another tool is one fault with the way out", () => {
  test.each(FILES.map(([text, place, what, way]) => ({ text, place, what, way })))(
    "$what: $text",
    ({ text, place, what, way }) => {
      expect(faultsIn(text)).toEqual([`${place} the file is ${what}, wanted a task file`]);
      expect(hintsIn(text)).toEqual([way]);
      expect(faultsIn(`\uFEFF${text.replaceAll("\n", "\r\n")}`)).toEqual(faultsIn(text));
    },
  );

  test("what comes from stdin has no name to be named", () => {
    expect(recognize({ file: "stdin", text: "@daily x\n" }, "task")?.diagnostic.hint).toBe(
      "to import it: stint import crontab FILE",
    );
    expect(recognize({ file: "my tab", text: "@daily x\n" }, "schedule")?.diagnostic).toMatchObject({
      message: "the file is a crontab, wanted a schedule",
      hint: "to import it: stint import crontab 'my tab'",
    });
  });
});

test.each([
  "run: a\nservices:\n  web: {}\n",
  "run: a\nsteps: [a]\n",
  "command: [a]\ntasks:\n  b: {}\n",
  "env:\n\tA: b\nrun: a\n",
  "retry:\n\tmaxAttempts: 3\n",
  "name=foo\nrun=bar\n",
  "- run: a\n",
  "hello\n",
  "",
])("a task with faults stays a task: %j", (text) => {
  expect(recognize({ file: "job.yaml", text }, "task")).toBeNull();
});

test("a large file is looked at in little CPU time", () => {
  for (const text of [
    "a: b\n".repeat(2_000_000),
    " ".repeat(10_000_000),
    "* ".repeat(5_000_000),
    "-".repeat(10_000_000),
  ]) {
    const [, tookMs] = timed(() => recognize({ file: "job.yaml", text }, "task"));
    expect(tookMs).toBeLessThan(2_000);
  }
});

describe("formOf()", () => {
  test.each([
    ["run: a\n", "job.yaml", "task"],
    ["cron: */5 * * * *\ntask: {run: a}\n", "job.yaml", "schedule"],
    ['{"every": "5m", "task": {"run": "a"}}', "job.json", "schedule"],
    ["jobs: 4\n", "job.yaml", "config"],
    ["notify: {}\n", "/home/ada/config.yaml", "config"],
    ["run: a\n", "config.yaml", "task"],
    ["run: a\njobs: 4\n", "job.yaml", "task"],
    ["jbos: 4\n", "job.yaml", "task"],
    ["on: push\njobs:\n  a:\n    runs-on: x\n", "job.yaml", "task"],
  ])("%j in %s", (text, file, form) => {
    expect(formOf(text, file)).toBe(form as never);
  });

  test("knows the keys of config.yaml that no task has", () => {
    const { properties } = settingsSchema() as { properties: object };
    const foreign = Object.keys(properties).filter((key) => meaningOf(key).type === "unknown");
    expect([...OF_CONFIG].toSorted()).toEqual(foreign.toSorted());
  });
});
