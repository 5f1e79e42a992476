/** Words that a reader of Slurm, systemd or Kubernetes does not expect; the sentence around one is written again, with the field's noun. */
const FORBIDDEN = [
  "whoever",
  "somebody",
  "nobody",
  "everybody",
  "anybody",
  "none just now",
  "mostly",
  "anew",
  "mend",
  "mends",
  "mended",
  "spoilt",
  "bear",
  "bears",
  "such a one",
  "by and by",
];

/** A phrase may go on in the next line of a comment. */
const GAP = String.raw`\s+(?:(?:\*|\/\/|#)\s+)?`;

/** Finds these words, whole and in any case; `nobody` in backticks is the user of that name. */
export const forbiddenWords = new RegExp(
  `(?<!\`)\\b(?:${FORBIDDEN.map((words) => words.replaceAll(" ", GAP)).join("|")})\\b`,
  "gi",
);
