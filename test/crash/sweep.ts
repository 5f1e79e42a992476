import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint, until } from "../rig/stint.ts";

/** Every failpoint of the program, by name. */
export function failpointNames(): string[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const texts = files.map((name) => readFileSync(join("src", name), "utf8"));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/failpoint\("([^"]+)"\)/g)].map(([, name]) => name ?? ""),
  );
  return [...new Set(names)].toSorted();
}

/** One command line that is killed at a failpoint, in a home that was prepared for it. */
export interface Scenario {
  readonly name: string;
  readonly prepare: (stint: Stint) => Promise<void>;
  /** The command that is killed. */
  readonly command: readonly string[];
  readonly input?: string;
  /** Ends a command that does not end by itself, once this is true. */
  readonly until?: (stint: Stint) => boolean;
  /** What must hold after the restart has worked everything off; `wasTold` is what the killed command had printed. */
  readonly check: (stint: Stint, wasTold: string) => void;
}

/** More passes of one failpoint than any of the scenarios makes. */
const MAX_PASSES = 60;

/** What a sweep did. */
export interface Swept {
  readonly kills: number;
}

/** Kills a scenario's command at every pass of a failpoint, one run for each, and checks what a restart makes of it. */
export async function sweep(scenario: Scenario, failpoint: string): Promise<Swept> {
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    await using stint = new Stint();
    await scenario.prepare(stint);
    const before = stint.records();
    const env = { STINT_FAILPOINT: `${failpoint}#${pass}` };
    const killed = stint.start(scenario.command, {
      env,
      ...(scenario.input !== undefined && { input: scenario.input }),
    });
    if (scenario.until !== undefined) {
      const { until: isOver } = scenario;
      await until(
        "it is over or killed",
        () => killed.exitCode !== null || killed.signalCode !== null || isOver(stint),
      );
      killed.kill("SIGTERM");
    }
    const [told] = await Promise.all([new Response(killed.stdout).text(), killed.exited]);
    if (killed.signalCode !== "SIGKILL") return { kills: pass - 1 };
    await stint.run(["drain"]);
    try {
      checkInvariants(stint, before);
      scenario.check(stint, told);
      await checkAudit(stint);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`${scenario.name}, killed at ${failpoint} the ${pass}. time: ${what}`, {
        cause: error,
      });
    }
  }
  throw new Error(`${scenario.name} passes ${failpoint} more than ${MAX_PASSES} times`);
}

/** What holds in every home at rest. */
export function checkInvariants(stint: Stint, before: readonly RecordView[]): void {
  const records = stint.records();
  const ids = records.map(({ metadata }) => metadata.id);
  demand(new Set(ids).size === ids.length, `a task stands in two places: ${ids.join(" ")}`);
  const numbers = records.map(({ metadata }) => metadata.number);
  demand(new Set(numbers).size === numbers.length, `a number was given out twice: ${ids.join(" ")}`);
  for (const { metadata, place, status } of records) {
    demand(
      place === (status.state === "failed" ? "dead-letter" : status.state === "queued" ? "pending" : "done"),
      `${metadata.id} is ${status.state} in ${place}/`,
    );
    const was = before.find((record) => record.metadata.id === metadata.id);
    demand(
      was === undefined || was.metadata.resourceVersion <= metadata.resourceVersion,
      `the version of ${metadata.id} went back`,
    );
    const open = status.attempts.filter(({ state }) => state === "running");
    demand(open.length === 0, `${metadata.id} is at rest with an open attempt`);
    const attempts = status.attempts.map(({ number }) => number);
    demand(
      attempts.every((number, index) => number === index + 1),
      `the attempts of ${metadata.id} are ${attempts.join(" ")}`,
    );
  }
  for (const { metadata } of before)
    demand(ids.includes(metadata.id) || stint.isCleanedUp(metadata.id), `${metadata.id} is lost`);
  for (const folder of ["incoming", "running", "pending/.corrupt", "running/.corrupt"]) {
    const left = stint.files(folder);
    demand(left.length === 0, `${folder}/ holds ${left.join(" ")}`);
  }
  const moving = stint.files("tmp").filter((name) => name.endsWith(".move"));
  demand(moving.length === 0, `tmp/ holds ${moving.join(" ")}`);
}

async function checkAudit(stint: Stint): Promise<void> {
  const { code, err } = await stint.run(["audit", "verify"]);
  demand(code === 0, err);
}

/** How often each task's job began, by id; jobs of `marking` note it. */
export function starts(stint: Stint): Record<string, number> {
  const counts: Record<string, number> = {};
  const lines = stint
    .textOf("starts")
    .split("\n")
    .filter((line) => line !== "");
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

/** A task file whose job notes that it began, and ends with a code. */
export function marking(
  stint: Pick<Stint, "root"> | null,
  task: { name: string; exit?: number; more?: string },
): string {
  const log = stint === null ? "$HOME/starts" : join(stint.root, "starts");
  return `name: ${task.name}\nrun: echo $STINT_TASK_ID >> ${log}; sleep 0.05; exit ${task.exit ?? 0}\n${task.more ?? ""}`;
}

export function demand(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}
