import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { Layout } from "../../src/store/layout.ts";
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
  /** The failpoints to kill at; all that the command passes where none are named. */
  readonly at?: readonly string[];
  /** What a command that was killed beside others needs, before a restart may work everything off. */
  readonly afterwards?: (stint: Stint) => Promise<void>;
  /** How many records a restart must put aside. */
  readonly putAside?: number;
  /** What must hold after the restart has worked everything off; `wasTold` is what the killed command had printed. */
  readonly check: (stint: Stint, wasTold: string) => void;
}

/** What one run of a scenario's command printed, and whether it was killed. */
interface Struck {
  readonly out: string;
  readonly err: string;
  readonly isKilled: boolean;
}

/**
 * Kills a scenario's command at every pass of every failpoint, one run for each, and checks what a restart makes of it.
 * Gives the failpoints that it was killed at.
 */
export async function sweep(scenario: Scenario): Promise<ReadonlySet<string>> {
  const struck = new Set<string>();
  await using prepared = new Prepared(scenario);
  for (const [failpoint, passes] of await passesOf(prepared)) {
    if (scenario.at?.includes(failpoint) === false) continue;
    for (let pass = 1; pass <= passes; pass += 1) {
      if (await isStruck(prepared, `${failpoint}#${pass}`)) struck.add(failpoint);
    }
  }
  return struck;
}

/** The home of a scenario, as good as new for each kill: to prepare it costs more than to copy it. */
class Prepared implements AsyncDisposable {
  readonly scenario: Scenario;
  #stint: Stint | null = null;
  readonly #copy = mkdtempSync(join(tmpdir(), "stint-copy-"));

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  async home(): Promise<Stint> {
    // What runs beside the command cannot be copied.
    const isCopied = this.scenario.afterwards === undefined;
    if (this.#stint !== null && isCopied) {
      for (const name of readdirSync(this.#stint.root))
        rmSync(join(this.#stint.root, name), { recursive: true });
      cpSync(this.#copy, this.#stint.root, { recursive: true, preserveTimestamps: true });
      return this.#stint;
    }
    await this.#stint?.[Symbol.asyncDispose]();
    this.#stint = new Stint();
    await this.scenario.prepare(this.#stint);
    if (isCopied) cpSync(this.#stint.root, this.#copy, { recursive: true, preserveTimestamps: true });
    return this.#stint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stint?.[Symbol.asyncDispose]();
    rmSync(this.#copy, { recursive: true });
  }
}

/** How often a scenario's command passes each failpoint when nothing kills it; a look at the clock may make it fewer. */
async function passesOf(prepared: Prepared): Promise<Map<string, number>> {
  const { scenario } = prepared;
  const { err, isKilled } = await strike(await prepared.home(), { scenario, failpoint: "list" });
  demand(!isKilled, `${scenario.name} was killed by nobody`);
  const passes = new Map<string, number>();
  for (const [, name = ""] of err.matchAll(/^failpoint (.+)$/gm))
    passes.set(name, (passes.get(name) ?? 0) + 1);
  return passes;
}

/** False where the command did not come by this time. */
async function isStruck(prepared: Prepared, failpoint: string): Promise<boolean> {
  const { scenario } = prepared;
  const stint = await prepared.home();
  const before = stint.records();
  const { out, isKilled } = await strike(stint, { scenario, failpoint });
  if (!isKilled) return false;
  try {
    await scenario.afterwards?.(stint);
    await restart(stint);
    checkInvariants(stint, before, scenario.putAside);
    checkNothingIsLeft(stint);
    scenario.check(stint, out);
    const verified = verifyAudit(new Layout(stint.home));
    demand(verified.ok, verified.ok ? "" : verified.error.message);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${scenario.name}, killed at ${failpoint}: ${what}`, { cause: error });
  }
  return true;
}

/** Works off what is left, in a home where what lies about has lain there for long. */
async function restart(stint: Stint): Promise<void> {
  pretendAge(stint);
  await stint.run(["drain"]);
  if (stint.files("requests").length === 0) return;
  pretendAge(stint);
  await stint.run(["drain"]);
}

async function strike(stint: Stint, of: { scenario: Scenario; failpoint: string }): Promise<Struck> {
  const { scenario, failpoint } = of;
  const child = stint.start(scenario.command, {
    env: { STINT_FAILPOINT: failpoint },
    ...(scenario.input !== undefined && { input: scenario.input }),
  });
  const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if (scenario.until !== undefined) {
    const { until: isOver } = scenario;
    await until(
      `${scenario.name} is over, or killed at ${failpoint}`,
      () => child.exitCode !== null || child.signalCode !== null || isOver(stint),
    );
    child.kill("SIGTERM");
  }
  const [[out, err]] = await Promise.all([said, child.exited]);
  return { out, err, isKilled: child.signalCode === "SIGKILL" };
}

/** Makes what lies about look old: a holder removes what was staged or replied by processes that are long gone. */
function pretendAge(stint: Stint): void {
  for (const folder of ["tmp", "requests"]) {
    for (const name of stint.files(folder)) utimesSync(join(stint.home, folder, name), 1, 1);
  }
}

/** What only a crash leaves, and no later run would remove. */
function checkNothingIsLeft(stint: Stint): void {
  for (const folder of ["tmp", "requests", "inbox/.taking"]) {
    const left = stint.files(folder);
    demand(left.length === 0, `${folder}/ holds ${left.join(" ")} for ever`);
  }
  const locks = stint.files("locks");
  demand(locks.length === 0, `locks/ holds ${locks.join(" ")} after all have gone`);
  const staged = stint.files("inbox/.rejected").filter((name) => name.startsWith("."));
  demand(staged.length === 0, `.rejected/ holds ${staged.join(" ")}`);
}

/** What holds in every home at rest. */
export function checkInvariants(stint: Stint, before: readonly RecordView[], putAside = 0): void {
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
  const aside = ["pending", "running", "done", "dead-letter"].flatMap((place) =>
    stint.files(`${place}/.corrupt`),
  );
  demand(aside.length === putAside, `put aside is ${aside.join(" ")}`);
  for (const folder of ["incoming", "running"]) {
    const left = stint.files(folder).filter((name) => name !== ".corrupt");
    demand(left.length === 0, `${folder}/ holds ${left.join(" ")}`);
  }
  const moving = stint.files("tmp").filter((name) => name.endsWith(".move"));
  demand(moving.length === 0, `tmp/ holds ${moving.join(" ")}`);
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
