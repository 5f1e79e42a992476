import { expect, test } from "bun:test";
import { earlySignal, logFileName } from "../../src/model/slurm.ts";

const ALONE = { job: 12, name: "train", user: "ada", node: "box" };
const MEMBER = { ...ALONE, array: { job: 9, task: "3" } };

test.each([
  ["slurm-%j.out", ALONE, "slurm-12.out"],
  ["%A_%a", MEMBER, "9_3"],
  ["%A_%a", ALONE, "12_4294967294"],
  ["%x-%4a-%6j", MEMBER, "train-0003-000012"],
  ["/logs/%u/%N/%x.%%.%J", ALONE, "/logs/ada/box/train.%.12"],
  ["100%-%z-%%j", ALONE, "100%-%z-%j"],
])("the name %j of a log becomes what it becomes in Slurm", (pattern, naming, name) => {
  expect(logFileName(pattern, naming)).toBe(name);
});

test.each([
  ["USR1", { signal: "SIGUSR1", beforeMs: 60_000, isForScript: false }],
  ["B:SIGTERM@120", { signal: "SIGTERM", beforeMs: 120_000, isForScript: true }],
  ["R:10@5", { signal: "10", beforeMs: 5_000, isForScript: false }],
  ["USR3", null],
  ["USR1@", null],
])("the signal %j is read as sbatch reads it", (text, read) => {
  expect(earlySignal(text)).toEqual(read);
});
