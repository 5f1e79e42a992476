import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

const CRONTAB = `# Nightly backup
30 2 * * * echo backup
*/10 * * * * cd /tmp && ./poll.sh
`;

function crontab(stint: Stint, text = CRONTAB): void {
  writeFileSync(join(stint.root, "mine.cron"), text);
}

const schedules = (stint: Stint): string[] =>
  stint
    .files("schedules")
    .filter((name) => !name.startsWith("."))
    .toSorted();

describe("stint import", () => {
  test("shows what it would write, and makes no home", async () => {
    await using stint = new Stint();
    crontab(stint);
    const shown = await stint.ok("import", "crontab", "mine.cron");
    expect(shown).toMatch(
      /^nightly-backup: every day at 02:30 \(line 2\)\n {2}next {2}\S.*02:30, .*02:30, .*02:30$/m,
    );
    expect(shown).toContain("\nNothing was written. To write 2 schedules, add --write");
    expect(stint.files(".")).toEqual([]);
    expect(await stint.ok("import", "crontab", "--dry-run", "mine.cron")).toBe(shown);
  });

  test("writes all of it with --write, never the source, and a second time changes nothing", async () => {
    await using stint = new Stint();
    crontab(stint);
    expect(await stint.ok("import", "crontab", "mine.cron", "--write", "-q")).toBe("nightly-backup\npoll");
    expect(schedules(stint)).toEqual(["nightly-backup.yaml", "poll.yaml"]);
    expect(await stint.ok("schedules")).toMatch(/ nightly-backup .* every day at 02:30$/m);
    expect(stint.textOf("mine.cron")).toBe(CRONTAB);
    expect(await stint.ok("import", "crontab", "mine.cron", "--write")).toContain(
      "\nNothing to write: all 2 exist.\n",
    );
  });

  test("overwrites nothing: where one name is taken, no file is written", async () => {
    await using stint = new Stint();
    crontab(stint);
    await stint.ok("schedules", "add", "--name", "poll", "--every", "6h", "--", "echo", "mine");
    const mine = readFileSync(join(stint.home, "schedules", "poll.yaml"), "utf8");
    const { code, err } = await stint.run(["import", "crontab", "mine.cron", "--write"]);
    expect([code, err]).toEqual([4, expect.stringContaining('nothing was written, as "poll" exists')]);
    expect(schedules(stint)).toEqual(["poll.yaml"]);
    expect(readFileSync(join(stint.home, "schedules", "poll.yaml"), "utf8")).toBe(mine);
  });

  test("refuses all of it for one faulty line, with its place", async () => {
    await using stint = new Stint();
    crontab(stint, `${CRONTAB}61 * * * * echo late\nnonsense\n`);
    const { code, err } = await stint.run(["import", "crontab", "mine.cron", "--write"]);
    expect(code).toBe(6);
    expect(err).toContain("mine.cron:5:1: the line is not one of a crontab");
    expect(schedules(stint)).toEqual([]);
  });

  test("reads what the program of the other tool prints, and stdin", async () => {
    await using stint = new Stint();
    const bin = join(stint.root, "bin");
    writeFileSync(join(stint.root, "crontab"), `#!/bin/sh\n[ "$1" = -l ] && echo '0 5 * * * echo five'\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${stint.root}:${stint.env["PATH"] ?? ""}` };
    const called = await stint.run(["import", "crontab", "-q"], { env, input: "@daily true\n" });
    expect([called.out, called.err]).toEqual([
      "echo\n",
      "stint: stdin was not read, but `crontab -l`; - reads stdin\n",
    ]);
    const piped = await stint.run(["import", "crontab", "-", "-q"], { input: "@daily true\n" });
    expect(piped.out).toBe("true\n");
    const missing = await stint.run(["import", "crontab"], { env: { PATH: bin } });
    expect([missing.code, missing.err]).toEqual([3, expect.stringContaining("crontab is not in PATH")]);
  });

  test("calls the other queue, and writes a task file that can be submitted, for the user alone", async () => {
    await using stint = new Stint();
    const status = {
      groups: { default: { status: "Running", parallel_tasks: 1 } },
      tasks: {
        3: {
          id: 3,
          command: "echo hi",
          path: stint.root,
          envs: { TOKEN: "t" },
          group: "default",
          status: "Queued",
        },
      },
    };
    writeFileSync(
      join(stint.root, "pueue"),
      `#!/bin/sh\n[ "$*" = 'status --json' ] && echo '${JSON.stringify(status)}'\n`,
      {
        mode: 0o755,
      },
    );
    const env = { PATH: `${stint.root}:${stint.env["PATH"] ?? ""}` };
    expect((await stint.run(["import", "pueue", "--write", "-q"], { env })).out).toBe("pueue\n");
    expect(statSync(join(stint.root, "pueue.yaml")).mode & 0o777).toBe(0o600);
    expect(await stint.ok("submit", "pueue.yaml")).toBe("000001-echo-hi");
    const list =
      "ID   State      Output               E-Level  Times(r/u/s)   Command [run=0/1]\n7    queued     (file)                                       true\n";
    expect((await stint.run(["import", "tsp", "-"], { input: list })).out).toStartWith(
      `tsp: ${join(stint.root, "tsp.yaml")}\n`,
    );
  });
});
