import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nearVerb, unknownVerb } from "../../src/cli/unknown-verb.ts";
import { VERBS, verbNamed } from "../../src/cli/verbs.ts";
import { HINTS } from "../../src/cli/words-of-others.ts";
import { Stint } from "../rig/stint.ts";

/** What hands from other tools type, and the verb that does it, with its flags. */
const DONE: Readonly<Record<string, string>> = {
  list: "ls",
  ps: "ls",
  queue: "ls",
  status: "ls",
  watch: "ls --watch",
  log: "logs",
  follow: "logs --follow",
  kill: "cancel",
  stop: "cancel",
  rm: "cancel",
  delete: "cancel",
  add: "submit",
  enqueue: "submit",
  restart: "retry",
  requeue: "retry",
  unhold: "release",
  describe: "show",
  inspect: "show",
  info: "show",
  schedule: "schedules",
  gpu: "gpus",
};

/** Words without such a verb, and what the answer must name. */
const HINTED: Readonly<Record<string, string>> = {
  start: "stint up --detach",
  daemon: "stint up --detach",
  shutdown: "stint down",
  worker: "stint up --detach",
  terminate: "stint cancel TASK",
  "cancel-all": "stint cancel --all",
  cleanup: "stint clean --dry-run",
  priority: "stint move TASK",
  settings: "stint help config",
  dashboard: "stint ls --watch",
  remove: "stint cancel TASK",
  prune: "stint clean --dry-run",
  purge: "stint clean --dry-run",
  clear: "stint clean --dry-run",
  reset: "stint clean --dry-run",
  parallel: "jobs run at a time",
  group: "--slot NAME",
  env: "stint set TASK env.NAME=VALUE",
  stash: "stint hold TASK",
  switch: "priority",
  unpause: "stint resume TASK",
  suspend: "stint pause TASK",
  tsp: "stint submit -- COMMAND",
  nq: "stint submit -- COMMAND",
  push: "stint submit -- COMMAND",
  nohup: "stint submit -- COMMAND",
  tail: "stint logs TASK",
  cat: "stint logs TASK",
  attach: "stint logs TASK",
  sbatch: "stint submit FILE",
  srun: "stint run -- COMMAND",
  salloc: "stint run -- COMMAND",
  exec: "stint run -- COMMAND",
  squeue: "stint ls",
  sacct: "stint ls --all",
  scancel: "stint cancel TASK",
  scontrol: "stint set TASK KEY=VALUE",
  update: "stint set TASK KEY=VALUE",
  rename: "stint submit --from TASK --name NAME",
  sinfo: "stint gpus",
  crontab: "stint schedules add",
  enable: "stint service install",
  disable: "stint schedules pause",
  reload: "stint down",
  top: "stint ls --watch",
  images: "--image NAME",
  commit: "stint ls",
  rerun: "stint retry TASK",
};

/** Typos, and the verb that was meant. */
const TYPOS: Readonly<Record<string, string>> = {
  sumbit: "submit",
  usbmit: "submit",
  ubmit: "submit",
  sl: "ls",
  lgos: "logs",
  stauts: "status",
  dran: "drain",
  expalin: "explain",
  schedulse: "schedules",
  relaese: "release",
  cancle: "cancel",
  claen: "clean",
  shwo: "show",
};

/** Words that are near a verb and mean something else. */
const OTHERS = [
  "st",
  "l",
  "train",
  "brain",
  "learn",
  "lean",
  "channel",
  "clone2",
  "fold",
  "gold",
  "remote",
  "reserve",
];

const anywhere = { arguments: [], cwd: "/", env: {} };

describe("a verb of another tool", () => {
  test("is an alias where stint does the same, with the flags that make it so", () => {
    const answers = Object.keys(DONE).map((word) => {
      const found = verbNamed(word);
      return [word, [found?.name, ...(found?.flags ?? [])].join(" ")];
    });
    expect(Object.fromEntries(answers)).toEqual(DONE);
  });

  test.each(Object.entries(HINTED))("is answered with what to type: %s", (word, says) => {
    if (verbNamed(word) !== null) return;
    const { message, hint } = unknownVerb(anywhere, word);
    expect(message).toBe(`Cannot run "${word}": stint has no verb of that name`);
    expect(hint).toContain(says);
  });

  test("is answered with verbs and flags that exist", async () => {
    for (const hint of new Set(HINTS.values())) {
      for (const [, called = "", rest = ""] of hint.matchAll(/stint ([a-z-]+)([^;:,]*)/g)) {
        if (called.startsWith("--")) continue;
        const found = verbNamed(called);
        expect([hint, called, found !== null]).toEqual([hint, called, true]);
        const { verb } = (await found?.listed.load()) ?? {};
        const [first = ""] = rest.trim().split(" ");
        const flags =
          verb !== undefined && "subcommands" in verb ? verb.subcommands[first]?.flags : verb?.flags;
        for (const [flag] of rest.split(" -- ", 1)[0]?.matchAll(/--[a-z-]+/g) ?? [])
          expect([hint, Object.keys(flags ?? {}).includes(camel(flag))]).toEqual([hint, true]);
      }
    }
  });

  test("does not hide a verb that stint has, and is no alias too", () => {
    expect([...HINTS.keys()].filter((word) => verbNamed(word) !== null)).toEqual([]);
  });
});

function camel(flag: string): string {
  return flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

describe("a mistyped verb", () => {
  test.each(Object.entries(TYPOS))("%s is answered with %s", (typed, meant) => {
    expect(nearVerb(typed)).toBe(`did you mean \`stint ${meant}\`?`);
  });

  test.each(OTHERS)("is not suspected in the word %s", (word) => {
    expect(nearVerb(word)).toBeNull();
  });

  test("is never taken for one that ends or removes something, unless one letter is wrong within it", () => {
    const grave = ["cancel", "clean", "down", "kill", "stop", "rm", "delete"];
    const words = [...Object.keys(DONE), ...Object.keys(VERBS)];
    const wrong = words.flatMap((word) =>
      Array.from({ length: word.length }, (_, at) => at).flatMap((at) => {
        const typed = `${word.slice(0, at)}${word.slice(at + 1)}`;
        const near = grave.find((verb) => nearVerb(typed) === `did you mean \`stint ${verb}\`?`);
        return near === undefined || grave.includes(word) ? [] : [[typed, near]];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

test("a command without a verb is told how to queue it, and so is a file", async () => {
  await using stint = new Stint();
  for (const name of ["job.yaml", "train.py", "go.sh"]) writeFileSync(join(stint.root, name), "");
  for (const [line, hint] of [
    [["sh", "-c", "echo a b"], "stint submit -- sh -c 'echo a b'"],
    [["--home", "h", "sh", "x"], "stint submit -- sh x"],
    [["tail", "-f", "x"], "stint logs -f TASK; to queue it: stint submit -- tail -f x"],
    [["tail"], "stint logs -f TASK"],
    [["job.yaml", "--hold"], "stint submit job.yaml --hold"],
    [["train.py", "1"], "stint submit train.py -- 1"],
    [["echo a b"], "stint submit -- bash -c 'echo a b'"],
    [["12"], "stint show 12"],
    [["@~1"], "stint show @~1"],
    [["--"], "stint submit -- COMMAND"],
    [["go.sh"], "stint submit go.sh"],
    [["--", "echo", "x"], "stint submit -- echo x"],
    [["frobnicate"], "`stint --help` lists the verbs"],
  ] as const) {
    const { code, out, err } = await stint.run(line);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(`${hint}\n`)]);
  }
  expect(stint.records()).toEqual([]);
});

test("a subcommand has the names that other tools give it, and what is near it by chance is not suggested", async () => {
  await using stint = new Stint();
  await stint.ok("schedules", "new", "--name", "tidy", "--every", "6h", "--", "true");
  expect(await stint.ok("schedules", "list")).toContain("tidy");
  await stint.ok("schedules", "disable", "tidy");
  expect(await stint.ok("schedules", "inspect", "tidy", "--json")).toContain('"paused": true');
  expect(await stint.ok("schedules", "enable", "tidy")).toBe("tidy: resumed");
  expect(await stint.ok("schedules", "remove", "--help")).toBe(await stint.ok("help", "schedules", "rm"));
  expect(await stint.ok("schedules", "remove", "tidy")).toBe("tidy: removed");
  expect((await stint.run(["schedules", "resmue"])).err).toContain("did you mean `stint schedules resume`?");
  for (const word of ["rename", "ro", "tun", "cls2"])
    expect((await stint.run(["schedules", word])).err).toContain("more: stint schedules --help");
});
