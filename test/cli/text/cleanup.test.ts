import { expect, test } from "bun:test";
import { nothingRemoved } from "../../../src/cli/text/cleanup.ts";

const DAY_MS = 86_400_000;

test.each([
  [
    7 * DAY_MS,
    false,
    "no completed or cancelled task is older than 7 days (see --older-than); for failed tasks: --dead-letter",
  ],
  [7 * DAY_MS, true, "no ended task is older than 7 days (see --older-than)"],
  [0, false, "no completed or cancelled task; for failed tasks: --dead-letter"],
])(
  "a cleanup of what ended over %d ms ago, failed tasks: %p, tells which tasks it looked for",
  (olderThanMs, deadLetter, why) => {
    const rules = { artifacts: false, dryRun: false, olderThanMs, deadLetter };
    expect(nothingRemoved({ verb: "clean", ...rules })).toBe(`nothing to remove: ${why}\n`);
  },
);
