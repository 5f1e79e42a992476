import type { CrontabEntry } from "./crontab-lines.ts";

/** What a person should know of a line: notes are shown, comments are written into the file of the schedule. */
export function notesOn({ command, variables }: CrontabEntry): {
  readonly notes: readonly string[];
  readonly comments: readonly string[];
} {
  const notes: string[] = [];
  const comments: string[] = [];
  const isPlainShell = (variables.get("SHELL") ?? "/bin/sh").endsWith("/sh");
  const file = /(?:^|[^\d&<>|\\])(?:[12]?>>?|&>>?)[ \t]*([^\s&;|()<>]+)/.exec(unquoted(command))?.[1];
  if (file !== undefined)
    notes.push(
      `output goes to ${file}, and \`stint logs\` shows what does not; without the redirection it shows all`,
    );
  if (isPlainShell && /&>/.test(unquoted(command)))
    notes.push(
      "`&>` is of bash: sh runs the command in the background; write `> FILE 2>&1`, or SHELL=/bin/bash",
    );
  else if (/[^&>]&[ \t]*$/.test(unquoted(command)))
    notes.push("the command ends with `&`: what is left in the background is ended when the shell ends");
  for (const [name, value] of variables)
    if (/\$\w|\$\{|^~/.test(value)) notes.push(`${name}=${value} is taken literally, as cron does`);
  const mail = variables.get("MAILTO") ?? "";
  if (mail !== "") {
    const hook = `stint logs "$STINT_TASK_ID" | mail -s "$STINT_TASK_NAME failed" ${mail}`;
    comments.push(
      `MAILTO=${mail}: no mail is sent. To be told of a failure, add to the task:`,
      `  notify: { failure: { command: ${JSON.stringify(hook)} } }`,
    );
  }
  return { notes, comments };
}

/** A command with the texts in quotes blanked out. */
function unquoted(command: string): string {
  return command.replaceAll(/\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'/g, (quoted) => "_".repeat(quoted.length));
}
