import { expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { referenceFirings } from "../plan/reference-cron.ts";
import { Stint } from "../rig/stint.ts";

const TEXT = readFileSync("test/fixtures/forty-lines.crontab", "utf8");

/** `import --json`, as far as this test looks. */
interface Imported {
  readonly files: readonly {
    readonly name: string;
    readonly line: number;
    readonly text: string;
    readonly next: readonly string[];
  }[];
  readonly leftOut: readonly { readonly line: number }[];
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
};

/** The times and the zone of a line, from the crontab itself. */
function timesOf(line: number): { readonly expression: string; readonly timeZone: string } {
  const lines = TEXT.split("\n").slice(0, line);
  const [times = ""] = /^(?:@\w+|(?:\S+\s+){4}\S+)/.exec((lines.at(-1) ?? "").replace(/^-/, "")) ?? [];
  const zone = lines.findLast((one) => one.startsWith("CRON_TZ="))?.slice("CRON_TZ=".length);
  return { expression: NICKNAMES[times] ?? times.replaceAll(/\s+/g, " "), timeZone: zone ?? "Europe/Berlin" };
}

test("a crontab of forty lines comes over, and the next three runs of each line are those of cron", async () => {
  await using stint = new Stint();
  const env = { TZ: "Europe/Berlin", HOME: stint.root };
  const beganMs = Date.now();
  const { out } = await stint.run(["import", "crontab", "-", "--json", "--write"], { env, input: TEXT });
  const { files, leftOut } = JSON.parse(out) as Imported;
  const endedMs = Date.now();
  expect(TEXT.trimEnd().split("\n")).toHaveLength(40);
  expect(leftOut.map(({ line }) => line)).toEqual([17]);
  expect(files.map(({ name }) => name)).toMatchSnapshot();
  for (const { line, next } of files) {
    const { expression, timeZone } = timesOf(line);
    const runs = [beganMs, endedMs].map((afterMs) => {
      const span = { afterMs, throughMs: afterMs + 13 * 366 * 86_400_000, most: 3 };
      return referenceFirings(expression, timeZone, span).map((ms) => new Date(ms).toISOString());
    });
    // It may have been asked in the minute of a run.
    expect(runs).toContainEqual([...next]);
  }
  const listed = (await stint.run(["schedules", "ls"], { env })).out.trimEnd().split("\n");
  expect(listed).toHaveLength(files.length + 1);
  expect(listed.filter((line) => / (?:faulty|paused) /.test(line))).toEqual([]);
});

test("what comes over runs as under cron: folder, shell, standard input, variables, and nothing of the supervisor's", async () => {
  await using stint = new Stint();
  mkdirSync(join(stint.root, "work"));
  const env = { HOME: stint.root, OTHER: "of the supervisor" };
  const { out } = await stint.run(["import", "crontab", "-", "--write", "-q"], { env, input: TEXT });
  // Nothing else is to fire while they run.
  await stint.ok("schedules", "pause", ...out.trim().split("\n"));
  const names = ["nightly-backup", "folder", "variables", "letter", "in-bash"];
  await stint.run(["schedules", "run", ...names], { env });
  await stint.run(["drain"], { env });
  expect(stint.records().map(({ metadata, status }) => [metadata["name"], status.state])).toEqual(
    names.map((name) => [name, "completed"]),
  );
  expect(stint.textOf("saved.log")).toBe("saved 5\n");
  expect(stint.textOf("here")).toBe(`${join(stint.root, "work")}\n`);
  expect(stint.textOf("letter")).toBe("Dear all,\n\n100% done\n");
  expect(stint.textOf("bash.out")).toBe(`hello "world"|$HOME/bin:/usr/bin:/bin|`);
  const variables = stint
    .textOf("hourly.env")
    .split("\n")
    .filter((line) => !/^(?:STINT_|CUDA_|ROCR_|HIP_|_=|$)/.test(line));
  expect(variables.toSorted()).toEqual([
    'GREETING=hello "world"',
    `HOME=${stint.root}`,
    expect.stringMatching(/^LOGNAME=./),
    "MAILTO=ops@example.org",
    "PATH=/usr/bin:/bin",
    `PWD=${stint.root}`,
    "SHELL=/bin/sh",
  ]);
});
