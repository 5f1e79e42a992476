import type { CrontabEntry } from "./crontab-lines.ts";

/** What a person should know of a line: notes are shown, comments are written into the file of the schedule. */
export function notesOn({ command, variables }: CrontabEntry): {
  readonly notes: readonly string[];
  /** Of all lines below a variable. */
  readonly common: readonly string[];
  readonly comments: readonly string[];
} {
  const notes: string[] = [];
  const comments: string[] = [];
  const bare = unquoted(command);
  const file = /(?:^|[^\d&<>|\\])(?:[12]?>>?|&>>?)[ \t]*(?=([^\s&;|()<>]+))/.exec(bare);
  if (file !== null) {
    const start = file.index + file[0].length;
    const target = command.slice(start, start + (file[1] ?? "").length);
    notes.push(`its output goes to ${target}; without the redirection \`stint logs\` shows it`);
  }
  const isPlainShell = (variables.get("SHELL") ?? "/bin/sh").endsWith("/sh");
  if (isPlainShell && bare.includes("&>"))
    notes.push(
      "`&>` is of bash: sh runs the command in the background; write `> FILE 2>&1`, or SHELL=/bin/bash",
    );
  else if (/[^&>]&[ \t]*$/.test(bare))
    notes.push("the command ends with `&`: what is left in the background is ended when the shell ends");
  const mail = variables.get("MAILTO") ?? "";
  if (mail !== "") {
    const hook = `stint logs "$STINT_TASK_ID" | mail -s "$STINT_TASK_NAME failed" ${mail}`;
    comments.push(
      `MAILTO=${mail}: no mail is sent. To be told of a failure, add to the task:`,
      `  notify: { failure: { command: ${JSON.stringify(hook)} } }`,
    );
  }
  return { notes, common: [...variables].flatMap(([name, value]) => variableNotes(name, value)), comments };
}

/** cron expands nothing, which few know who wrote such a line. */
function variableNotes(name: string, value: string): string[] {
  // In a search path stint expands it, and the bash of many crontabs too.
  if (name.endsWith("PATH") && /(?:^|:)~(?:\/|:|$)/.test(value))
    return [`${name}: \`~\` is the home directory, unlike under cron`];
  return /\$\w|\$\{|^~/.test(value) ? [`${name}=${value} is taken literally, as by cron`] : [];
}

/** A command with the texts in quotes blanked out. */
function unquoted(command: string): string {
  return command.replaceAll(/\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'/g, (quoted) => "_".repeat(quoted.length));
}
