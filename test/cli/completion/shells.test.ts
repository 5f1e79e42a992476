import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Stint } from "../../rig/stint.ts";
import { TerminalRun } from "../../rig/terminal.ts";

interface Shell {
  readonly command: readonly string[];
  /** Lines that make the prompt `> ` and load the completion. */
  readonly setUp: readonly string[];
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    command: ["bash", "--norc", "--noprofile", "-i"],
    setUp: ["bind 'set enable-bracketed-paste off'", 'eval "$(stint completion bash)"', "PS1='> '"],
  },
  zsh: {
    command: ["zsh", "-f", "-i"],
    setUp: [
      "unsetopt prompt_sp",
      "autoload -U compinit; compinit -D -u",
      "source <(stint completion zsh)",
      "PS1='> '",
    ],
  },
  "zsh whose completion system is not loaded": {
    command: ["zsh", "-f", "-i"],
    setUp: ["unsetopt prompt_sp", "source <(stint completion zsh)", "PS1='> '"],
  },
  fish: {
    command: ["fish", "--no-config", "-i"],
    setUp: [
      "stint completion fish | source",
      "function fish_greeting; end",
      "function fish_prompt; echo '> '; end",
    ],
  },
};

/** A line, a tab, and the line that the shell makes of it; its cursor is at `|`. */
const ROWS = [
  ["stint expl", "stint explain |"],
  ["stint schedules re", "stint schedules resume |"],
  ["stint ls --wat", "stint ls --watch |"],
  ["stint ls --state=comp", "stint ls --state=completed |"],
  ["stint cancel tr", "stint cancel train |"],
  ["stint cancel 1,tr", "stint cancel 1,train |"],
  // What is to be continued gets no blank.
  ["stint set 1 prio", "stint set 1 priority=|"],
  ["stint set 1 labels.pa", "stint set 1 labels.paper=|"],
  ["stint set 1 admission=rep", "stint set 1 admission=replace |"],
  ["stint ls --label paper=", "stint ls --label paper=fig3 |"],
  // Quoted by or for the shell, and never run.
  ["stint ls --label what=", "stint ls --label what=a\\ \\$\\(touch\\ ran\\)\\ b |"],
  ["stint submit ni", "stint submit night.yaml |"],
  ["stint submit my", "stint submit my\\ jobs.yml |"],
  ["stint submit --cwd fol", "stint submit --cwd folder/|"],
  ["stint submit --cwd=fol", "stint submit --cwd=folder/|"],
  ["stint submit -- ls fol", "stint submit -- ls folder/|"],
  ["stint submit -- prin", "stint submit -- print|"],
] as const;

/** The line with the prompt, with `|` for the cursor. */
function promptLine({ lines, cursor }: TerminalRun): string {
  const line = lines[cursor.row] ?? "";
  return `${line.padEnd(cursor.column).slice(0, cursor.column)}|`.replace(/^> /, "");
}

describe.each(Object.entries(SHELLS))("in %s", (_, { command, setUp }) => {
  // The gate installs them.
  test.skipIf(Bun.which(command[0] ?? "") === null)("a tab completes lines", async () => {
    await using stint = new Stint();
    const labels = ["--label", "paper=fig3", "--label", "what=a $(touch ran) b"];
    await stint.ok("submit", "--hold", "--name", "train", ...labels, "--", "true");
    for (const file of ["night.yaml", "my jobs.yml", "night.txt"]) writeFileSync(join(stint.root, file), "");
    mkdirSync(join(stint.root, "folder"));
    const path = `${dirname(stint.executable)}:${stint.env["PATH"]}`;
    await using terminal = new TerminalRun(command, {
      cwd: stint.root,
      env: { ...stint.env, PATH: path },
      columns: 120,
    });
    for (const line of setUp) terminal.type(`${line}\r`);
    await terminal.until("the prompt is there", () => promptLine(terminal) === "|");
    const shown: unknown[] = [];
    for (const [line, wanted] of ROWS) {
      terminal.type(`${line}\t`);
      await terminal.until(`${line} becomes ${wanted}`, () => promptLine(terminal) === wanted);
      shown.push([line, promptLine(terminal)]);
      // Ctrl-U clears the line.
      terminal.type("\u0015");
      await terminal.until("the line is empty", () => promptLine(terminal) === "|");
    }
    expect(shown).toEqual(ROWS.map((row) => [...row]));
    expect(stint.textOf("ran")).toBe("");
    expect(await Bun.file(join(stint.root, "ran")).exists()).toBe(false);
  });
});
