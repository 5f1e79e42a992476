import { MAX_SLOT_LENGTH, nameFrom } from "../../model/identity.ts";
import { splitWords } from "../words.ts";
import type { CrontabEntry } from "./crontab-lines.ts";

/** Programs that run another one; its name follows their flags and values. */
const WRAPPERS: ReadonlySet<string> = new Set(
  "bash cd chronic command dash env exec flock ionice nice nohup nodejs node perl php python python2 python3 ruby sh stdbuf sudo systemd-run test time timeout".split(
    " ",
  ),
);

/** The name of a line's schedule: from the comment above it, else from its command. */
export function nameOfEntry({ comments, command }: CrontabEntry): string {
  const title = comments.find((comment) => isTitle(comment));
  const text = title === undefined ? programIn(command) : title.toLowerCase();
  return nameFrom(text).slice(0, MAX_SLOT_LENGTH);
}

/** False for what is no name: a rule, the head of the columns, a line that was commented out, a variable. */
function isTitle(comment: string): boolean {
  const isOfCron =
    /^m h +dom/.test(comment) || /^[-*@\d][-*/,\d]*[ \t]+[-*\d]/.test(comment) || /^\w+=/.test(comment);
  return /\p{L}{2}/u.test(comment) && !isOfCron;
}

/** `backup` of `cd /srv && nice -n 10 /usr/local/bin/backup.sh --all`. */
function programIn(command: string): string {
  const parts = command
    .replace(/\bsudo -u \S+/, "sudo")
    .split(/&&|\|\||;/)
    .filter((part) => part.trim() !== "");
  for (const part of parts) {
    const words = splitWords(part.trim());
    for (const word of words.ok ? words.value : part.trim().split(/\s+/)) {
      const base = word.slice(word.lastIndexOf("/") + 1);
      if (WRAPPERS.has(base)) {
        if (base === "cd" || base === "test") break;
        continue;
      }
      if (word === "[") break;
      // A flag or its value, a variable, a file that is locked.
      if (/^-|^\d|^\w+=|\.lock$/.test(word) || !/[A-Za-z]/.test(base)) continue;
      return base.replace(/\.(sh|py|pl|php|rb|js)$/, "");
    }
  }
  return "cron";
}
