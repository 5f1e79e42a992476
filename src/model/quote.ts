/** Stand before a line of a log, and before the words of the job, in the error of a failure. */
const LOG_HEAD = "the log says: ";
const JOB_HEAD = "the job says: ";
const MAX_QUOTED_LINE = 200;

/** A line of a log as a clause, cut to 200 characters. */
export function quoted(line: string): string {
  return `${LOG_HEAD}${cutTo(line.trim())}`;
}

/** What the job says of its failure, as a clause, cut likewise. */
export function quotedJob(words: string): string {
  return `${JOB_HEAD}${cutTo(words)}`;
}

/** What an error quotes, with all that follows; null where it quotes nothing. */
export function quoteIn(error: string): string | null {
  const at = [LOG_HEAD, JOB_HEAD].map((head) => error.indexOf(head)).filter((index) => index !== -1);
  return at.length === 0 ? null : error.slice(Math.min(...at) + LOG_HEAD.length);
}

function cutTo(text: string): string {
  return text.length > MAX_QUOTED_LINE ? `${text.slice(0, MAX_QUOTED_LINE)}…` : text;
}
