import { expect, test } from "bun:test";
import { parseSettings } from "../../src/intake/settings.ts";

const DAY = 86_400_000;
const parse = (text: string) => parseSettings(text, { file: "config.yaml", userHome: "/home/ada" });
const WEEK = {
  doneMs: 7 * DAY,
  deadLetterMs: null,
  takesDeadLetter: false,
  count: null,
  bytes: null,
  logsMs: null,
  artifactsMs: null,
  checkpointsMs: null,
  appliesKeep: false,
  takes: [],
};

test.each([
  ["jobs: 1", undefined],
  ["retention: {}", WEEK],
  ["retention: {done: never, deadLetter: Never, logs: 30d}", { ...WEEK, doneMs: null, logsMs: 30 * DAY }],
  [
    "retention: {artifacts: 90d, checkpoints: never}",
    { ...WEEK, artifactsMs: 90 * DAY, checkpointsMs: null },
  ],
  ["retention: {dead_letter: 90d}", { ...WEEK, deadLetterMs: 90 * DAY, takesDeadLetter: true }],
  ["retention: {done: 0s, count: 10000, bytes: 50GB}", { ...WEEK, doneMs: 0, count: 10_000, bytes: 50e9 }],
])("%s", (text, expected) => {
  const parsed = parse(text);
  expect(parsed.ok ? parsed.value.retention : parsed.error).toEqual(expected);
});

test.each([
  ["retention: 7d", "wanted a mapping with done, deadLetter, count, bytes, logs"],
  ["retention: {done: 7}", "wanted a duration"],
  ["retention: {bytes: 50}", "wanted a size"],
  ["retention: {count: -1}", "wanted a whole number"],
  ["retention: {age: 7d}", '"retention.age" is unknown'],
])("%s is refused", (text, message) => {
  const parsed = parse(text);
  expect(parsed.ok ? [] : parsed.error.map((fault) => fault.message)).toEqual([
    expect.stringContaining(message),
  ]);
});
