import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillQueue } from "./queue.ts";
import { SCREENS } from "./screens.ts";
import { type Shown, Stage, screen } from "./stage.ts";

const TABLES = [
  "ls",
  "ls --wide",
  "ls --all",
  "ls --failed",
  "ls --tree",
  "ls --sort -elapsed",
  "ls grid",
  "ls --state running",
  "jobs",
  "stats",
  "gpus",
  "schedules ls",
];

/** What no person is to read: values that code left as they are, and wrong plurals. */
const NOISE = /undefined|\bNaN\b|\bnull\b|\[object|\b1 (?:tasks|jobs|attempts|retries|GPUs)\b/;

/** The width of a terminal; null is a pipe. */
const WIDTHS = [60, 80, 120, null];

async function atAllWidths(stage: Stage, line: string): Promise<Map<number | null, Shown>> {
  const shown = new Map<number | null, Shown>();
  for (const columns of WIDTHS)
    shown.set(columns, await stage.show(line.split(" "), columns === null ? {} : { columns }));
  return shown;
}

/** The screens of a command, each once, with the widths that show it. */
function sheet(shown: ReadonlyMap<number | null, Shown>): string {
  const alike = Map.groupBy(shown, ([, one]) => screen(one));
  const parts = [...alike].map(
    ([text, all]) => `=== ${all.map(([columns]) => columns ?? "a pipe").join(", ")}\n${text}`,
  );
  return `\n${parts.join("\n\n")}\n`;
}

describe("on a queue with a task of each kind", () => {
  const stage = new Stage();
  beforeAll(async () => {
    await fillQueue(stage);
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each(SCREENS)("%s", async (line) => {
    const shown = await atAllWidths(stage, line);
    for (const [columns, { out }] of shown) {
      expect(out).not.toMatch(NOISE);
      if (!TABLES.includes(line)) continue;
      // A terminal wraps sentences, and what a job wrote; the rows of a table are to stay in their columns.
      const wide = out
        .split("\n")
        .filter((row) => Bun.stringWidth(row) > (columns ?? Number.POSITIVE_INFINITY));
      expect(wide).toEqual([]);
      if (columns === null) expect(out).not.toContain("…");
    }
    expect(sheet(shown)).toMatchSnapshot();
  });
});

test("import crontab, before anything is written", async () => {
  await using stage = new Stage();
  const lines = [
    "# Nightly backup",
    "30 2 * * * ./backup.sh >> /var/log/backup.log 2>&1",
    "@reboot ./start",
    "CRON_TZ=Asia/Tokyo",
    "RANDOM_DELAY=45",
    "0 9 * * 1-5 python3 report.py &",
  ];
  writeFileSync(join(stage.folder, "my.cron"), `${lines.join("\n")}\n`);
  expect(sheet(await atAllWidths(stage, "import crontab my.cron"))).toMatchSnapshot();
});

test("doctor begins with what is wrong, the faults of a file line by line", async () => {
  await using stage = new Stage();
  await fillQueue(stage);
  const { out, exit } = await stage.show(["doctor"], { columns: 80 });
  expect(exit).toBe("failed");
  // What follows is of this machine.
  expect(`\n${out.split("\n").slice(0, 6).join("\n")}\n`).toMatchSnapshot();
});

test.each(["ls", "show", "explain", "logs", "stats", "schedules ls", "gpus", "cancel 1"])(
  "without a queue: stint %s",
  async (line) => {
    await using stage = new Stage();
    // Not at a width: a refusal wraps by the length of the home's path, which differs from run to run.
    expect(`\n${screen(await stage.show(line.split(" "), {}))}\n`).toMatchSnapshot();
  },
);

test("a refusal wraps at the width of the terminal, and is one line in a pipe", async () => {
  await using stage = new Stage();
  expect(sheet(await atAllWidths(stage, "ls --state abc"))).toMatchSnapshot();
});
