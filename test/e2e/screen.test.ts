import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { TerminalRun } from "../rig/terminal.ts";

/** A job that ends when a file is there. */
function untilThere(file: string): string[] {
  return ["sh", "-c", `until test -e "$HOME/${file}"; do sleep 0.02; done`];
}

function onTerminal(stint: Stint, words: readonly string[], columns = 80): TerminalRun {
  return new TerminalRun([stint.executable, ...words], { cwd: stint.root, env: stint.env, columns });
}

test("drain has one line of progress, within a narrow terminal, and leaves none behind", async () => {
  await using stint = new Stint();
  for (const name of ["first-of-the-long-names", "second-of-the-long-names"])
    await stint.ok("submit", "--name", name, "--", ...untilThere("go"));
  await using terminal = onTerminal(stint, ["drain", "--jobs", "2"], 40);
  await terminal.until("both run", ([line = ""]) => line.startsWith("2 of 2 left, 2 running: first-of"));
  expect(terminal.lines).toHaveLength(1);
  writeFileSync(join(stint.root, "go"), "");
  expect(await terminal.exited).toBe(0);
  const end = "nothing is left to do\nIn this drain: 2 tasks completed";
  await terminal.until("it says the end", (lines) => lines.join("\n") === end);
});

test("logs -f passes colours on and leaves none on the terminal", async () => {
  await using stint = new Stint();
  const [shell = "", ...command] = untilThere("go");
  await stint.up();
  await stint.ok(
    "submit",
    "--",
    shell,
    command[0] ?? "",
    `printf '\\033[31mred\\033]0;title\\007'; ${command[1]}`,
  );
  await using terminal = onTerminal(stint, ["logs", "-f", "1"]);
  await terminal.until("the output is there", (lines) => lines.at(-1) === "red");
  writeFileSync(join(stint.root, "go"), "");
  expect(await terminal.exited).toBe(0);
  await terminal.until(
    "the colours are reset",
    () => terminal.written.split("\u001b[31mred").at(-1)?.includes("\u001b[0m") ?? false,
  );
  expect(terminal.written).not.toContain("\u001b]0;");
});

test("Ctrl-C ends a wait with 130 and removes its line of progress", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--name", "job", "--", "true");
  await using terminal = onTerminal(stint, ["wait", "1"]);
  await terminal.until("it waits", (lines) => lines.some((line) => line.startsWith("1 of 1 left")));
  terminal.type("\u0003");
  expect(await terminal.exited).toBe(130);
  await terminal.until("the line is gone", (lines) => lines.every((line) => !line.includes("1 of 1 left")));
});

describe("Ctrl-Z", () => {
  /** A shell with job control that runs one line of stint. */
  function inShell(stint: Stint, line: string): TerminalRun {
    const shell = new TerminalRun(["bash", "--norc", "--noprofile", "-i"], {
      cwd: stint.root,
      env: { ...stint.env, PS1: "ready> " },
    });
    shell.type(`${stint.executable} ${line}\r`);
    return shell;
  }

  test("leaves the screen of a watch to the shell, and fg draws it again", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "held", "--hold", "--", "true");
    await using shell = inShell(stint, "ls --watch");
    const draws = (lines: readonly string[]): boolean => shell.isAlternate && lines.join().includes("held");
    await shell.until("it draws", draws);
    shell.type("\u001a");
    await shell.until("the shell is back", (lines) => !shell.isAlternate && lines.join().includes("Stopped"));
    expect(shell.lines.join()).not.toContain("NAME");
    shell.type("fg\r");
    await shell.until("it draws again", draws);
    shell.type("\u0003");
    await shell.until("it is over", (lines) => !shell.isAlternate && lines.at(-1)?.trim() === "ready>");
  });

  test("removes the line of progress of a wait, and fg shows it again", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "held", "--hold", "--", "true");
    await using shell = inShell(stint, "wait 1");
    const isShown = (lines: readonly string[]): boolean => lines.some((one) => one.startsWith("1 of 1 left"));
    await shell.until("it waits", isShown);
    shell.type("\u001a");
    await shell.until("the shell is back", (lines) => lines.join().includes("Stopped"));
    expect(isShown(shell.lines)).toBeFalse();
    shell.type("fg\r");
    await shell.until("it waits again", isShown);
    shell.type("\u0003");
    await shell.until("it is over", (lines) => lines.at(-1)?.trim() === "ready>");
  });
});
