import { MAX_KEY_LENGTH, MAX_SLOT_LENGTH } from "../../model/identity.ts";
import { describeRequirement, type Selector } from "../../model/selector.ts";
import { ADMISSIONS, PARENT_FAILURES } from "../../model/spec.ts";
import { MAX_LABEL_LENGTH, MAX_LABEL_NAME_LENGTH } from "../../model/task.ts";
import { moment } from "../moment.ts";
import { pings, receivers } from "../notice-readers.ts";
import {
  identifier,
  references,
  referencesOrGroups,
  selectorReader,
  topic,
  workName,
} from "../queue-readers.ts";
import { duration, oneOf, yesOrNo } from "../readers.ts";
import { shortTextMap, textMap } from "../text-map.ts";
import type { Field, Fields } from "./field.ts";

const isVerbatim = true;
const isOpen = true;
/** Records have kept the first name of the key. */
const notify = (event: string): string[] => ["spec", "on", event];

function notice(event: string, about: string, more?: string): Field {
  return { read: receivers, to: notify(event), about, ...(more !== undefined && { more }) };
}

function parents(end: string, about: string, aliases: readonly string[] = []): Field {
  return {
    read: end === "success" ? referencesOrGroups : references,
    to: ["parents", end],
    about,
    flag: { group: "Scheduling", placeholder: "TASK", repeats: true, aliases },
    completes: "tasks",
  };
}

/** When it starts, what it waits for, who hears of it, and the user's own words. */
export const ORDER_FIELDS: Fields = {
  slot: {
    read: identifier(MAX_SLOT_LENGTH),
    to: ["spec", "slot"],
    about: "lane; its tasks run one at a time",
    flag: { group: "Scheduling", placeholder: "NAME", aliases: ["lane"] },
    completes: "lanes",
    isVerbatim,
    show: (name: string) => `lane ${name}`,
  },
  admission: {
    read: oneOf(ADMISSIONS),
    to: ["spec", "admission"],
    about: "if the lane is busy: queue, dropIfRunning or replace",
    without: "queue",
    flag: { group: "Scheduling", placeholder: "HOW" },
    needs: ["slot"],
  },
  unique: {
    read: identifier(MAX_KEY_LENGTH),
    to: ["spec", "unique"],
    about: "at most one unfinished task may have this key",
    flag: { group: "Scheduling", placeholder: "KEY" },
    isVerbatim,
  },
  key: {
    read: workName,
    to: ["spec", "key"],
    about: "names the work: once unfinished or succeeded, it is not queued again",
    more: "see `stint help sweeps`",
    flag: { group: "Scheduling", placeholder: "KEY" },
    isVerbatim,
  },
  rerun: {
    read: yesOrNo,
    to: ["spec", "rerun"],
    about: "queue it although a task with its key has succeeded",
    more: "or with its fingerprint, with `reuse`",
    without: "false",
    flag: { group: "Scheduling" },
    needs: ["key", "reuse"],
    show: () => "rerun",
  },
  reuse: {
    read: yesOrNo,
    to: ["spec", "reuse"],
    about: "not queued where its inputs, code and data are those of a success",
    more: "see `stint help code`",
    without: "false",
    flag: { group: "Scheduling" },
    notWith: "key",
    show: () => "reuse",
  },
  after: {
    ...parents("success", "start once these tasks have succeeded", ["depends-on"]),
    more: "numbers, ids, names or ranges (`3-7`); `{anyOf: [a, b]}` for one of them",
  },
  afterAny: parents("any", "start once these tasks have ended"),
  afterFailed: parents("failure", "start once these tasks have failed"),
  afterOneOf: parents("oneOf", "start once one of these tasks has succeeded"),
  onParentFailure: {
    read: oneOf(PARENT_FAILURES),
    to: ["spec", "onParentFailure"],
    about: "if a parent does not end as required: wait or cancel",
    without: "wait",
  },
  runnerSelector: {
    read: selectorReader,
    to: ["spec", "runnerSelector"],
    about: "only a supervisor with these labels starts it",
    more: "`{pool: night}`, or `pool=night, !draft`",
    show: (wanted: Selector) =>
      wanted.map((one) => `a supervisor with label ${describeRequirement(one)}`).join(", "),
  },
  notBefore: {
    read: moment,
    to: ["spec", "notBefore"],
    about: "start at this time (02:00), or after this duration (2h)",
    flag: { group: "Scheduling", name: "at", placeholder: "TIME", aliases: ["delay"] },
    also: { at: {} },
    isVerbatim,
    show: (instant: string, told) => `starts at ${told(instant)}`,
  },
  hold: {
    read: yesOrNo,
    to: ["spec", "hold"],
    about: "queue it held: it starts once released",
    without: "false",
    flag: { group: "Scheduling", short: "H", aliases: ["stashed"] },
    show: () => "held",
  },
  queueTtl: {
    read: duration(),
    to: ["spec", "queueTtlMs"],
    about: "maximum time in the queue; then the task fails",
    also: { queueTtlMs: { unit: "ms", isZeroAbsent: true } },
  },
  "notify.start": notice("start", "sent when the first attempt starts"),
  "notify.success": notice("success", "sent when the task succeeded", "with `restart: always`, each time"),
  "notify.failure": notice(
    "failure",
    "sent when the task failed and is not retried",
    "a retried failure sends no notice",
  ),
  "notify.deadLetter": notice(
    "deadLetter",
    "sent when the task moves to dead-letter/",
    "the same moment as failure",
  ),
  "notify.batchEnd": notice(
    "batchEnd",
    "sent when all tasks that were queued together ended",
    "documents of one file, members of a sweep; set it in one document",
  ),
  "notify.ping": {
    read: pings,
    to: notify("ping"),
    about: "URL of a dead-man switch, pinged at start, success and failure",
  },
  topic: {
    read: topic,
    to: ["spec", "topic"],
    about: "feed that gets the events of the task",
    more: "see `stint help events`",
    flag: { group: "Task", placeholder: "NAME" },
    completes: "topics",
    isVerbatim,
    show: (name: string) => `topic ${name}`,
  },
  attributes: {
    read: shortTextMap({ name: MAX_LABEL_NAME_LENGTH, text: MAX_LABEL_LENGTH }),
    to: ["spec", "attributes"],
    about: "texts that go with each event in the feed",
    isVerbatim,
    isOpen,
  },
  labels: {
    read: shortTextMap({ name: MAX_LABEL_NAME_LENGTH, text: MAX_LABEL_LENGTH }),
    to: ["labels"],
    about: "labels for selecting tasks",
    flag: { group: "Task", name: "label", placeholder: "KEY=VALUE", repeats: true },
    completes: "labels",
    isVerbatim,
    isOpen,
  },
  annotations: {
    read: textMap,
    to: ["annotations"],
    about: "free-form notes",
    isVerbatim,
    isOpen,
    isFixed: "annotations are set at submission",
  },
};
