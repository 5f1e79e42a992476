import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pid } from "node:process";
import { deadline } from "../rig/patience.ts";
import { seededRandom } from "../rig/seed.ts";
import { markedProcesses, type RecordView, Stint, until } from "../rig/stint.ts";
import { type End, leftWorkers, mannerOf, soakJob } from "./soak-jobs.ts";
import { checkInvariants, demand } from "./sweep.ts";

/** What a soak did, and what it found. */
export interface Soaked {
  readonly kills: number;
  readonly restarts: number;
  readonly tasks: number;
  readonly adopted: number;
  readonly recovered: number;
  readonly lost: number;
  readonly doubled: number;
}

/** A parent that has the kernel throw the ends of children away. */
const CARELESS = ["sh", "-c", `trap '' CHLD; exec "$@"`, "sh"];

/** Feeds a queue and kills its supervisor at random moments for a while, then lets it come to rest and checks everything. */
export async function soak({ seed, forMs }: { seed: number; forMs: number }): Promise<Soaked> {
  await using stint = new Stint();
  const random = seededRandom(seed);
  const acknowledged: string[] = [];
  // No other soak's, and longer than this one lasts.
  const mark = `90${pid}${seed % 1_000}`;
  const end = deadline(forMs);
  let kills = 0;
  let log = "";
  mkdirSync(join(stint.root, "busy"));
  await stint.ok("submit", "--hold", "--name", "first", "--", "true");
  while (!end.isOver()) {
    const supervisor = stint.start(["up", "--jobs", "4"], random() < 0.3 ? { under: CARELESS } : {});
    const said = new Response(supervisor.stdout).text();
    await feed(stint, { random, acknowledged, mark });
    if (random() < 0.3) await stopForAMoment(stint, random());
    await Bun.sleep(random() * 600);
    supervisor.kill("SIGKILL");
    await supervisor.exited;
    kills += 1;
    log += await said;
  }
  await stint.ok("release", "1");
  const last = await stint.up("--jobs", "4");
  await until("all has come to rest", () => isAtRest(stint), { deadlineMs: 120_000 });
  await stint.ok("down");
  log += await new Response(last.stdout).text();
  const records = stint.records();
  checkInvariants(stint, []);
  demand((await stint.run(["audit", "verify"])).code === 0, "the audit log does not verify");
  demand(leftWorkers(mark).length === 0, `workers outlived their jobs: ${leftWorkers(mark).join(" ")}`);
  return {
    kills,
    restarts: kills + 1,
    tasks: records.length,
    adopted: log.split(" adopted, still running (pid").length - 1,
    recovered: log.split(" ended meanwhile").length - 1,
    lost: countLost(records, acknowledged) + countWrong(records),
    doubled: stint
      .textOf("doubled")
      .split("\n")
      .filter((line) => line !== "").length,
  };
}

async function feed(
  stint: Stint,
  around: { random: () => number; acknowledged: string[]; mark: string },
): Promise<void> {
  const { random, acknowledged, mark } = around;
  const count = 1 + Math.floor(random() * 4);
  const documents = Array.from({ length: count }, () => {
    const end: End = (["good", "good", "bad", "flaky"] as const)[Math.floor(random() * 4)] ?? "good";
    return soakJob({ end, ms: Math.floor(random() * 500), manner: mannerOf(random()), mark });
  });
  const { code, out } = await stint.run(["submit", "-"], { input: documents.join("---\n") });
  if (code === 0) acknowledged.push(...out.trim().split("\n"));
  const target = acknowledged[Math.floor(random() * acknowledged.length)];
  if (target === undefined || random() < 0.6) return;
  // Whatever is answered: a change that is refused or too late is no loss.
  await stint.run([random() < 0.5 ? "cancel" : "retry", target]);
}

/** Stops the processes of one running job for a moment, as a person's SIGSTOP does. */
async function stopForAMoment(stint: Stint, draw: number): Promise<void> {
  const open = stint
    .records()
    .flatMap(({ status }) => status.attempts.filter(({ state }) => state === "running"));
  const token = open[Math.floor(draw * open.length)]?.token;
  if (token === undefined) return;
  const pids = markedProcesses(token).map(String);
  Bun.spawnSync(["kill", "-STOP", ...pids], { stderr: "ignore" });
  await Bun.sleep(draw * 200);
  Bun.spawnSync(["kill", "-CONT", ...pids], { stderr: "ignore" });
}

function isAtRest(stint: Stint): boolean {
  return stint.records().every(({ place }) => place === "done" || place === "dead-letter");
}

function countLost(records: readonly RecordView[], acknowledged: readonly string[]): number {
  const ids = new Set(records.map(({ metadata }) => metadata.id));
  return acknowledged.filter((id) => !ids.has(id)).length;
}

/** Tasks whose recorded end is not the one that their job had. */
function countWrong(records: readonly RecordView[]): number {
  return records.filter(({ metadata, status }) => {
    if (status.state === "cancelled") return false;
    if (metadata["name"] !== "bad") return status.state !== "completed";
    return status.state !== "failed" || status.attempts.at(-1)?.exitCode !== 3;
  }).length;
}
