import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordingInvocation } from "../../src/run/recording-parent.ts";
import { until } from "../rig/stint.ts";
import { BenchHome, benchFolder, call, EXECUTABLE, filled } from "./bench-home.ts";
import { type Row, takeTurns, timed } from "./row.ts";

const JOBS = 1_000;
const MEMBERS = 10_000;
const FLOOR = join(import.meta.dir, "floor.ts");

/** 1,000 × `true`, by two workers where the tool has workers: stint beside what a user would take instead. */
export const DRAIN: Row = {
  id: "drain",
  what: `${JOBS} x true, one batch, two workers`,
  aim: "more than nq and tsp, at least 0.3 of xargs -P2",
  measure: async ({ rounds }) => {
    const contenders: Record<string, () => Promise<number>> = {
      stint: drainByStint,
      xargs: () => shell(`seq ${JOBS} | xargs -n1 -P2 true`),
      // The least that a job costs which is on record whatever is killed: without a queue, and with no more than a queue needs.
      parent: startedByXargs,
      floor: () => timed(() => call([process.execPath, FLOOR, benchFolder(), String(JOBS), "2"], {})),
      ...(Bun.which("nq") !== null && {
        nq: () => shell(`for i in $(seq ${JOBS}); do nq -q true; done; nq -w`),
      }),
      ...(Bun.which("tsp") !== null && {
        tsp: () => shell(`tsp -S 2; for i in $(seq ${JOBS}); do tsp true >/dev/null; done; tsp -w; tsp -K`),
      }),
      ...(Bun.which("parallel") !== null && {
        parallel: () => shell(`seq ${JOBS} | parallel -n1 -P2 --joblog joblog true`),
      }),
      ...(Bun.which("pueue") !== null && {
        pueue: () =>
          shell(
            `pueued -d && pueue parallel 2 && for i in $(seq ${JOBS}); do pueue add -- true >/dev/null; done; pueue wait --quiet; pueue shutdown`,
          ),
      }),
    };
    const times = await takeTurns(contenders, rounds);
    const rateOf = (name: string): number => (JOBS * 1_000) / (times[name] ?? Number.NaN);
    const ratio = rateOf("stint") / rateOf("xargs");
    const others = Object.keys(times).filter((name) => !["stint", "parent", "floor"].includes(name));
    const isAhead = ["nq", "tsp"].every(
      (name) => times[name] === undefined || rateOf("stint") > rateOf(name),
    );
    return {
      figures: Object.keys(times).map((name) => ({ name: `${name}PerSecond`, value: rateOf(name) })),
      says: `${rateOf("stint").toFixed(0)} a second: ${others
        .map((name) => `${(rateOf("stint") / rateOf(name)).toFixed(2)} of ${name}`)
        .join(
          ", ",
        )}; recording parents alone ${rateOf("parent").toFixed(0)}, with two durable records ${rateOf("floor").toFixed(0)}`,
      isReached: ratio >= 0.3 && isAhead,
    };
  },
};

async function drainByStint(): Promise<number> {
  await using stint = new BenchHome();
  const file = join(stint.root, "batch.yaml");
  writeFileSync(file, Array.from({ length: JOBS }, () => "command: [/bin/true]\n").join("---\n"));
  return await timed(async () => {
    await call([EXECUTABLE, "submit", "--quiet", file], stint.env);
    await call([EXECUTABLE, "drain", "--jobs", "2"], stint.env);
  });
}

/** Each under its recording parent, and nothing else. */
async function startedByXargs(): Promise<number> {
  const folder = benchFolder();
  for (let job = 1; job <= JOBS; job += 1) mkdirSync(join(folder, String(job)));
  const { argv, environment } = recordingInvocation({
    directory: join(folder, "{}"),
    umask: "",
    bootId: "this",
    token: "none",
    group: "",
    argv: ["/usr/bin/setsid", "/bin/true"],
    environment: { PATH: "/usr/bin:/bin" },
  });
  const [told = ""] = Object.entries(environment).find(([, value]) => value.endsWith("{}")) ?? [];
  const numbers = join(folder, "numbers");
  writeFileSync(numbers, Array.from({ length: JOBS }, (_, index) => `${index + 1}\n`).join(""));
  const xargs = ["xargs", "-a", numbers, "-I{}", "-P2", "env", `${told}=${join(folder, "{}")}`, ...argv];
  return timed(() => call(xargs, environment));
}

async function shell(line: string): Promise<number> {
  const folder = benchFolder();
  mkdirSync(join(folder, "nq"));
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: folder,
    TMPDIR: folder,
    NQDIR: join(folder, "nq"),
    TS_SOCKET: join(folder, "tsp"),
  };
  return timed(() => call(["sh", "-c", `cd ${folder}; ${line}`], env));
}

const MANY = 100_000;

/** What a long queue costs those who work on it and look at it. */
export const LONG: Row = {
  id: "long",
  what: `1,000 of ${MANY} queued, two workers; a look at them`,
  aim: "three quarters of the speed with 1,000",
  measure: async ({ rounds }) => {
    await using long = filled(MANY, "ready");
    let before = 0;
    const times = await takeTurns(
      {
        short: async () => {
          await using stint = filled(JOBS, "ready");
          return await timeOfMost(stint, 0);
        },
        long: async () => {
          const ms = await timeOfMost(long, before);
          before = long.files("done").length;
          return ms;
        },
        ls: () => timed(() => call([EXECUTABLE, "ls"], long.env)),
        explain: () => timed(() => call([EXECUTABLE, "explain", String(MANY)], long.env)),
      },
      rounds,
    );
    const share = times.short / times.long;
    return {
      figures: Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
      says: `${share.toFixed(2)} of it; ls ${(times.ls / 1_000).toFixed(1)} s, explain ${(times.explain / 1_000).toFixed(1)} s`,
      isReached: share >= 0.75,
    };
  },
};

/** How long a supervisor takes from the 100th to the 900th job that it sees to the end. */
async function timeOfMost(stint: BenchHome, before: number): Promise<number> {
  await stint.up("--jobs", "2");
  const ended = (count: number): Promise<void> =>
    until(`${count} have ended`, () => stint.files("done").length >= before + count);
  await ended(100);
  const ms = await timed(() => ended(900));
  await stint.ok("down");
  return ms;
}

/** One file that expands to many tasks. */
export const EXPAND: Row = {
  id: "expand",
  what: `one file of ${MEMBERS} tasks`,
  aim: "2,000 durable tasks a second",
  measure: async ({ rounds }) => {
    const submit = async (): Promise<number> => {
      await using stint = new BenchHome();
      const file = join(stint.root, "sweep.yaml");
      writeFileSync(file, `array: 1-${MEMBERS}\ncommand: [/bin/true]\n`);
      return await timed(() => call([EXECUTABLE, "submit", "--quiet", file], stint.env));
    };
    const { stint: ms } = await takeTurns({ stint: submit }, rounds);
    const perSecond = (MEMBERS * 1_000) / ms;
    return {
      figures: [{ name: "tasksPerSecond", value: perSecond }],
      says: `${Math.round(perSecond)} a second`,
      isReached: perSecond >= 2_000,
    };
  },
};
