import { describe, expect, test } from "bun:test";
import { onScreen } from "../../../src/cli/listing/watch.ts";
import { printable } from "../../../src/lib/printable.ts";
import { Stint, until } from "../../rig/stint.ts";
import { TerminalRun } from "../../rig/terminal.ts";

const frame = (rows: number, footer: string): { table: string; footer: string } => ({
  table: `TITLE\n${Array.from({ length: rows }, (_, index) => `row ${index + 1}\n`).join("")}`,
  footer,
});
const linesAt = (rows: number, columns: number, of: ReturnType<typeof frame>): string[] =>
  Bun.stripANSI(printable(onScreen(of, { rows: () => rows, columns: () => columns }))).split("\n");

describe("a frame on a screen", () => {
  test("counts the rows that do not fit, and keeps the footer", () => {
    expect(linesAt(6, 20, frame(9, "\nno supervisor is up\n"))).toEqual([
      "TITLE",
      "row 1",
      "row 2",
      "… 7 more",
      "",
      "no supervisor is up",
    ]);
  });

  test("is never higher than the screen", () => {
    for (const rows of [1, 2, 3, 5, 24])
      for (const count of [0, 1, 3, 4, 5, 30])
        for (const footer of ["", "\none\n", `\n${"many words ".repeat(40)}\n`])
          expect(linesAt(rows, 10, frame(count, footer)).length).toBeLessThanOrEqual(rows);
  });

  test("shows all where all fits", () => {
    expect(linesAt(4, 20, frame(3, ""))).toEqual(["TITLE", "row 1", "row 2", "row 3"]);
  });
});

async function watching(stint: Stint, ...flags: string[]): Promise<TerminalRun> {
  for (const name of ["one", "two", "three"])
    await stint.ok("submit", "--hold", "--name", name, "--", "true");
  const run = new TerminalRun([stint.executable, "ls", "--watch", ...flags], {
    env: stint.env,
    cwd: stint.root,
    columns: 80,
    rows: 10,
  });
  await run.until("the tasks are shown", (lines) => lines.some((line) => line.includes("three")));
  return run;
}

describe("ls --watch on a terminal", () => {
  test("has the screen to itself, follows its size and the queue, and gives it back on Ctrl-C", async () => {
    await using stint = new Stint();
    await using run = await watching(stint);
    expect(run.isAlternate).toBeTrue();
    expect(run.written).toContain("\u001b[?25l");
    run.resize(60, 4);
    await run.until("it is clipped", (lines) => lines.some((line) => line.includes("more")));
    run.resize(80, 12);
    await stint.ok("cancel", "2");
    await run.until("it shows the change", (lines) => lines.some((line) => /two +cancelled/.test(line)));
    run.type("\u0003");
    expect(await run.exited).toBe(0);
    await until("the screen is given back", () => !run.isAlternate);
    expect(run.written).toContain("\u001b[?25h");
    expect(run.lines.join("")).toBe("");
  });

  test.each(["SIGTERM", "SIGHUP"] as const)("gives it back on %s", async (signal) => {
    await using stint = new Stint();
    await using run = await watching(stint);
    run.kill(signal);
    expect(await run.exited).toBe(0);
    await until("the screen is given back", () => run.written.includes("\u001b[?1049l"));
  });

  test("gives it back on an error", async () => {
    await using stint = new Stint();
    await using run = await watching(stint);
    await Bun.$`rm -rf ${stint.home}`;
    await Bun.$`touch ${stint.home}`;
    expect(await run.exited).not.toBe(0);
    await until("the screen is given back", () => run.written.includes("\u001b[?1049l"));
  });
});

test("ls --watch in a pipe lists again and again without control sequences, until its reader goes away", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--name", "one", "--", "true");
  const under = ["bash", "-c", '"$@" 2>/dev/null | head -n 5; exit ${PIPESTATUS[0]}', "bash"];
  const { code, out } = await stint.run(["ls", "--watch"], { under });
  const title = "ID  NAME  STATE   ATTEMPT  ELAPSED  REASON";
  expect([code, out.split("\n").filter((line) => line === title).length]).toEqual([0, 2]);
  expect(out).not.toContain("\u001b");
});
