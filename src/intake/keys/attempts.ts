import { JITTERS } from "../../model/backoff.ts";
import { MIN_LOG_BYTES } from "../../model/spec.ts";
import { STOP_FIRST, STOP_SIGNALS } from "../../model/stop.ts";
import { globs, keep } from "../artifact-readers.ts";
import { count, duration, oneOf, size, yesOrNo } from "../readers.ts";
import { classesAndCodes, exitCodes, factor, MAX_ATTEMPTS, perClass, retries } from "../retry-readers.ts";
import { logs, restartReader, stopSignal } from "../task-readers.ts";
import type { Fields } from "./field.ts";

const retry = (key: string): string[] => ["spec", "retry", key];
const backoff = (key: string): string[] => ["spec", "backoff", key];
const ARTIFACTS = ["spec", "artifacts"];
const isZeroAbsent = true;

/** How long an attempt may take, what follows on it, and what is kept of it. */
export const ATTEMPT_FIELDS: Fields = {
  timeout: {
    read: duration(),
    to: ["spec", "timeoutMs"],
    about: "maximum time of one attempt, such as 90s or 6h",
    without: "none",
    flag: { group: "Task", placeholder: "DURATION" },
    also: { timeoutMs: { unit: "ms", isZeroAbsent } },
  },
  "stop.first": {
    read: oneOf(STOP_FIRST),
    to: ["spec", "stop", "first"],
    about: "who gets the stop signal first: main, the job's first process, or group, all of them",
    more: "with main, the others get it once main has ended, or after half of `stop.grace`",
    without: "main",
    kind: "subprocess",
  },
  "stop.signal": {
    read: stopSignal,
    to: ["spec", "stop", "signal"],
    about: `the signal that asks a job to end: ${STOP_SIGNALS.join(", ")}`,
    without: "TERM",
    kind: "subprocess",
  },
  "stop.grace": {
    read: duration(0),
    to: ["spec", "stopGraceMs"],
    about: "time between the stop signal and KILL",
    without: "30s",
    also: { stopGrace: { isOurs: true }, stopGraceMs: { unit: "ms" } },
  },
  retries: {
    read: retries,
    to: retry("maxAttempts"),
    about: "number of retries after any retryable failure",
    without: "transient failures only, up to 3 retries",
    flag: { group: "Task", placeholder: "N" },
    also: { maxRetries: {}, "retry.maxRetries": {} },
    show: null,
  },
  "retry.maxAttempts": {
    read: count(0, MAX_ATTEMPTS),
    to: retry("maxAttempts"),
    about: "failed attempts in a row after which the task fails",
    more: "0: no limit",
    without: "4",
    also: { maxAttempts: {} },
    show: null,
  },
  "retry.scope": {
    read: oneOf(["transient", "any"]),
    to: retry("scope"),
    about: "which failures are retried: transient, or any retryable one",
    without: "transient; with `retries`: any",
    show: null,
  },
  "retry.on": {
    read: classesAndCodes,
    to: retry("on"),
    about: "exactly these failure classes and codes are retried",
  },
  "retry.onExit": { read: exitCodes, to: retry("onExit"), about: "exactly these exit codes are retried" },
  "retry.never": {
    read: classesAndCodes,
    to: retry("never"),
    about: "failure classes and codes that are not retried",
  },
  "retry.onTimeout": { read: yesOrNo, to: retry("onTimeout"), about: "whether a timeout is retried" },
  "retry.onCode": {
    read: yesOrNo,
    to: retry("onCode"),
    about: "whether an exit code without a known cause is retried",
  },
  "retry.onOrphan": {
    read: oneOf(["requeue", "never"]),
    to: retry("onOrphan"),
    about: "after a crash of the machine or the supervisor: requeue or never",
    without: "requeue",
  },
  "retry.maxOrphans": {
    read: count(0, MAX_ATTEMPTS),
    to: retry("maxOrphans"),
    about: "how many crashes of the machine or the supervisor are allowed",
    without: "3",
  },
  "retry.perClass": {
    read: perClass,
    to: retry("perClass"),
    about: "attempts and backoff for individual failure classes and codes",
    more: "`{GPU_OOM: {maxAttempts: 3, backoff: {first: 1m}}}`",
  },
  "backoff.first": {
    read: duration(),
    to: backoff("firstMs"),
    about: "the wait before the first retry",
    without: "1s",
    also: { "backoff.firstMs": { unit: "ms", isZeroAbsent } },
  },
  "backoff.max": {
    read: duration(),
    to: backoff("maxMs"),
    about: "the longest wait",
    without: "30s",
    also: { "backoff.maxMs": { unit: "ms", isZeroAbsent } },
  },
  "backoff.factor": {
    read: factor,
    to: backoff("factor"),
    about: "the factor by which each wait grows",
    without: "2",
  },
  "backoff.jitter": {
    read: oneOf(JITTERS),
    to: backoff("jitter"),
    about: `how the wait is randomized: ${JITTERS.join(", ")}`,
    without: "full",
  },
  restart: {
    read: restartReader,
    to: ["spec", "restart"],
    about: "when the task runs again: never, onFailure, always or always:10m",
    without: "onFailure",
  },
  artifacts: {
    read: globs,
    to: [...ARTIFACTS, "paths"],
    about: "files to keep once the job has ended, such as *.pt, or **/metrics.json",
    more: "see `stint help artifacts`",
    flag: { group: "Task", placeholder: "GLOB", repeats: true },
    completes: "files",
    kind: "subprocess",
  },
  "artifacts.paths": {
    read: globs,
    to: [...ARTIFACTS, "paths"],
    about: "the same as artifacts, beside artifacts.keep",
    kind: "subprocess",
    show: null,
  },
  "artifacts.keep": {
    read: keep,
    to: [...ARTIFACTS, "keep"],
    about: "how long artifacts are kept after the end of the task: always, or such as 90d",
    without: "`retention.artifacts` of config.yaml, which is always",
  },
  logs: {
    read: logs,
    to: ["spec", "logs", "separate"],
    about: "separate: stdout and stderr go to two files",
    more: "or `{separate: true, maxBytes: 1GiB}`",
    without: "one file of at most 256 MiB for each attempt",
    show: null,
  },
  "logs.separate": {
    read: yesOrNo,
    to: ["spec", "logs", "separate"],
    about: "whether stdout and stderr go to two files",
    without: "false",
  },
  "logs.maxBytes": {
    read: size(MIN_LOG_BYTES),
    to: ["spec", "logs", "maxBytes"],
    about: "maximum size of one attempt's log; beyond it the middle is cut out",
    without: "256 MiB",
  },
};
