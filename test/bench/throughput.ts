import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { call, EXECUTABLE } from "./bench-home.ts";
import { type Row, takeTurns, timed } from "./row.ts";

const JOBS = 1_000;
const MEMBERS = 10_000;

/** 1,000 × `true`, by two workers where the tool has workers: stint beside what a user would take instead. */
export const DRAIN: Row = {
  id: "drain",
  what: `${JOBS} x true, one batch, two workers`,
  aim: "more than nq and tsp, at least 0.3 of xargs -P2",
  measure: async ({ rounds }) => {
    const contenders: Record<string, () => Promise<number>> = {
      stint: drainByStint,
      xargs: () => shell(`seq ${JOBS} | xargs -n1 -P2 true`),
      ...(Bun.which("nq") !== null && {
        nq: () => shell(`for i in $(seq ${JOBS}); do nq -q true; done; nq -w`),
      }),
      ...(Bun.which("tsp") !== null && {
        tsp: () => shell(`tsp -S 2; for i in $(seq ${JOBS}); do tsp true >/dev/null; done; tsp -w; tsp -K`),
      }),
    };
    const times = await takeTurns(contenders, rounds);
    const rateOf = (name: string): number => (JOBS * 1_000) / (times[name] ?? Number.NaN);
    const others = ["nq", "tsp"].filter((name) => times[name] !== undefined);
    const ratio = rateOf("stint") / rateOf("xargs");
    return {
      figures: Object.keys(times).map((name) => ({ name: `${name}PerSecond`, value: rateOf(name) })),
      says: `${ratio.toFixed(2)} of xargs; ${others.map((name) => `${(rateOf("stint") / rateOf(name)).toFixed(2)} of ${name}`).join(", ")}`,
      isReached: ratio >= 0.3 && others.every((name) => rateOf("stint") > rateOf(name)),
    };
  },
};

async function drainByStint(): Promise<number> {
  await using stint = new Stint();
  const file = join(stint.root, "batch.yaml");
  writeFileSync(file, Array.from({ length: JOBS }, () => "command: [/bin/true]\n").join("---\n"));
  return await timed(async () => {
    await call([EXECUTABLE, "submit", "--quiet", file], stint.env);
    await call([EXECUTABLE, "drain", "--jobs", "2"], stint.env);
  });
}

async function shell(line: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "stint-bench-"));
  mkdirSync(join(folder, "nq"));
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: folder,
    TMPDIR: folder,
    NQDIR: join(folder, "nq"),
    TS_SOCKET: join(folder, "tsp"),
  };
  try {
    return await timed(() => call(["sh", "-c", line], env));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One file that expands to many tasks. */
export const EXPAND: Row = {
  id: "expand",
  what: `one file of ${MEMBERS} tasks`,
  aim: "2,000 durable tasks a second",
  measure: async ({ rounds }) => {
    const submit = async (): Promise<number> => {
      await using stint = new Stint();
      const argv = [EXECUTABLE, "submit", "--quiet", "--array", `1-${MEMBERS}`, "--", "true"];
      return await timed(() => call(argv, stint.env));
    };
    const { stint } = await takeTurns({ stint: submit }, rounds);
    const perSecond = (MEMBERS * 1_000) / stint;
    return {
      figures: [{ name: "tasksPerSecond", value: perSecond }],
      says: `${Math.round(perSecond)} a second`,
      isReached: perSecond >= 2_000,
    };
  },
};
