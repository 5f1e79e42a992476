import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IMAGE, PodmanStint, podman, preparePodman } from "../rig/podman.ts";
import { type RecordView, until } from "../rig/stint.ts";

const refusal = preparePodman();

interface Case {
  readonly name: string;
  readonly lines: readonly string[];
  /** State, exit code, signal and code of the failure. */
  readonly end: readonly [string, number | null, string | null, string | null];
}

const fine = (number: number): Case => ({
  name: `fine-${number}`,
  lines: [`run: 'seq 1 ${number * 100}; sleep 1; echo done'`],
  end: ["completed", 0, null, null],
});
const failing = (code: number): Case => ({
  name: `fails-${code}`,
  lines: [`run: 'echo so; exit ${code}'`],
  end: ["failed", code, null, "EXIT_NONZERO"],
});

/** Time enough for a shell to begin and to set its trap, on a machine that is busy with all the others. */
const LATE = "timeout: 5s";

const CASES: readonly Case[] = [
  { name: "cancelled", lines: ["run: sleep 300"], end: ["cancelled", null, "SIGTERM", null] },
  { name: "killed", lines: ["run: sleep 300"], end: ["failed", null, "SIGKILL", "KILLED"] },
  ...[1, 2, 3, 4, 5, 6, 7].map(fine),
  ...[1, 3, 42, 200].map(failing),
  { name: "late", lines: ["run: sleep 300", LATE], end: ["failed", null, "SIGTERM", "TIMEOUT"] },
  {
    name: "late-and-deaf",
    lines: [`run: 'trap "" TERM; while :; do sleep 0.2; done'`, LATE, "stopGrace: 500ms"],
    end: ["failed", null, "SIGKILL", "TIMEOUT"],
  },
  {
    name: "greedy",
    lines: ["command: [tail, /dev/zero]", "limits: {memory: 32MiB}"],
    end: ["failed", null, "SIGKILL", "OOM_KILLED"],
  },
  {
    name: "within-its-limit",
    lines: ["run: echo small", "limits: {memory: 64MiB, pids: 20, cpus: 1}"],
    end: ["completed", 0, null, null],
  },
  { name: "no-program", lines: ["command: [nosuch]"], end: ["failed", 1, null, "INVALID_SPEC"] },
  {
    name: "no-image",
    lines: ["run: 'true'", "container: {image: localhost/stint-no-such, pull: never}"],
    end: ["failed", null, null, "INVALID_SPEC"],
  },
  { name: "own-125", lines: ["run: exit 125"], end: ["failed", 125, null, "EXIT_NONZERO"] },
];

const document = ({ name, lines }: Case): string => {
  const isOwnImage = lines.some((line) => line.startsWith("container:"));
  const container = isOwnImage ? [] : [`container: {image: "${IMAGE}", network: none}`];
  return [`name: ${name}`, "retries: 0", ...container, ...lines].join("\n");
};

function ending(record: RecordView): (string | number | null | undefined)[] {
  const last = record.status.attempts.at(-1);
  return [record.status.state, last?.exitCode, last?.signal, last?.failure?.code ?? null];
}

/** The control groups of the attempts, no other home's: at the top of the hierarchy that counts memory. */
function groupsOf(records: readonly RecordView[]): string[] {
  const top = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find(existsSync);
  const tokens = records.flatMap(({ status }) => status.attempts.map(({ token }) => token));
  return top === undefined
    ? []
    : readdirSync(top).filter((name) =>
        tokens.some((token) => name.startsWith("stint-") && name.endsWith(token)),
      );
}

test.skipIf(refusal !== null)(
  `20 container tasks under two kills of the supervisor (${refusal ?? "with podman"}) end with exact records`,
  async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    expect(CASES).toHaveLength(20);
    writeFileSync(join(stint.root, "batch.yaml"), CASES.map(document).join("\n---\n"));
    await stint.ok("submit", "batch.yaml");
    const first = await stint.up("--jobs", "6");
    await stint.reach(1, "running");
    const killed = await stint.reach(2, "running");
    await stint.ok("cancel", "1");
    first.kill("SIGKILL");
    await first.exited;
    const second = await stint.up("--jobs", "6");
    // The record says so as soon as the container is made: it may not have begun.
    const container = `stint-${killed.status.attempts.at(-1)?.token}`;
    await until("one is killed", () => podman("kill", "--signal", "KILL", container).code === 0);
    await until("some have ended", () => stint.files("done").length + stint.files("dead-letter").length > 8);
    second.kill("SIGKILL");
    await second.exited;
    await stint.up("--jobs", "6");
    const open = (): number => stint.files("pending").length + stint.files("running").length;
    await until("all have ended", () => open() === 0);
    const records = stint.records();
    const ended = Object.fromEntries(records.map((one) => [String(one.metadata["name"]), ending(one)]));
    expect(ended).toEqual(Object.fromEntries(CASES.map(({ name, end }) => [name, [...end]])));
    // A kill between a claim and its launch leaves an attempt that began nothing.
    const begun = (record: RecordView) =>
      record.status.attempts.filter(
        ({ failure }) => !["never-started", "cut-short"].includes(failure?.rule ?? ""),
      );
    for (const record of records) expect(begun(record)).toHaveLength(1);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) {
      const record = records.find((one) => one.metadata["name"] === `fine-${number}`);
      const attempt = join(String(record?.metadata.id), String(record?.status.attempt));
      const log = readFileSync(join(stint.home, "runs", attempt, "output.log"), "utf8");
      const counted = Array.from({ length: number * 100 }, (_, index) => `${index + 1}\n`).join("");
      expect(log).toBe(`${counted}done\n`);
    }
    await until("no container is left", () => stint.containers("-a").length === 0);
    expect(groupsOf(records)).toEqual([]);
    expect(await stint.ok("audit", "verify")).toContain("lines");
  },
  120_000,
);
