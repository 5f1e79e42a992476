import { MAX_KEY_LENGTH, MAX_SLOT_LENGTH } from "../../model/identity.ts";
import { describeRequirement, type Selector } from "../../model/selector.ts";
import { ADMISSIONS, PARENT_FAILURES } from "../../model/spec.ts";
import { MAX_LABEL_LENGTH, MAX_LABEL_NAME_LENGTH } from "../../model/task.ts";
import { moment } from "../moment.ts";
import { pings, receivers } from "../notice-readers.ts";
import { identifier, references, selectorReader } from "../queue-readers.ts";
import { duration, oneOf, yesOrNo } from "../readers.ts";
import { shortTextMap, textMap } from "../text-map.ts";
import type { Fields } from "./field.ts";

const isVerbatim = true;
const isOpen = true;
/** Records have kept the first name of the key. */
const notify = (event: string): string[] => ["spec", "on", event];

/** When it starts, what it waits for, who hears of it, and the user's own words. */
export const ORDER_FIELDS: Fields = {
  slot: {
    read: identifier(MAX_SLOT_LENGTH),
    to: ["spec", "slot"],
    about: "a lane: its tasks run one after the other",
    flag: { group: "When it starts", placeholder: "NAME" },
    isVerbatim,
    show: (name: string) => `lane ${name}`,
  },
  admission: {
    read: oneOf(ADMISSIONS),
    to: ["spec", "admission"],
    about: "where the lane is busy: queue, dropIfRunning or replace",
    without: "queue",
    flag: { group: "When it starts", placeholder: "HOW" },
    needs: "slot",
  },
  unique: {
    read: identifier(MAX_KEY_LENGTH),
    to: ["spec", "unique"],
    about: "queue nothing while a task with this key has not ended",
    flag: { group: "When it starts", placeholder: "KEY" },
    isVerbatim,
  },
  after: {
    read: references,
    to: ["parents", "success"],
    about: "start once these have succeeded",
    more: "numbers, ids or names",
    flag: { group: "When it starts", placeholder: "TASK", repeats: true, completes: "tasks" },
  },
  afterAny: {
    read: references,
    to: ["parents", "any"],
    about: "start once these have ended",
    flag: { group: "When it starts", placeholder: "TASK", repeats: true, completes: "tasks" },
  },
  afterFailed: {
    read: references,
    to: ["parents", "failure"],
    about: "start once these have failed",
    flag: { group: "When it starts", placeholder: "TASK", repeats: true, completes: "tasks" },
  },
  onParentFailure: {
    read: oneOf(PARENT_FAILURES),
    to: ["spec", "onParentFailure"],
    about: "what follows where one of these cannot come: wait or cancel",
    without: "wait",
  },
  runnerSelector: {
    read: selectorReader,
    to: ["spec", "runnerSelector"],
    about: "only a supervisor with these labels starts it",
    more: "`{pool: night}`, or `pool=night, !draft`",
    show: (wanted: Selector) =>
      wanted.map((one) => `for a supervisor with ${describeRequirement(one)}`).join(", "),
  },
  notBefore: {
    read: moment,
    to: ["spec", "notBefore"],
    about: "not before this time, or a duration from now",
    flag: { group: "When it starts", name: "at", placeholder: "TIME" },
    also: { at: {} },
    isVerbatim,
    show: (instant: string, told) => `not before ${told(instant)}`,
  },
  hold: {
    read: yesOrNo,
    to: ["spec", "hold"],
    about: "queue it, but do not start it",
    without: "false",
    flag: { group: "When it starts" },
    show: () => "held",
  },
  queueTtl: {
    read: duration(),
    to: ["spec", "queueTtlMs"],
    about: "given up when it has waited this long",
    also: { queueTtlMs: { unit: "ms", isZeroAbsent: true } },
  },
  "notify.start": {
    read: receivers,
    to: notify("start"),
    about: "who is told that the first attempt of a run starts",
  },
  "notify.success": {
    read: receivers,
    to: notify("success"),
    about: "who is told that it has succeeded",
    more: "with `restart: always`, each time",
  },
  "notify.failure": {
    read: receivers,
    to: notify("failure"),
    about: "who is told that it has failed for good",
    more: "an attempt that is retried is no failure",
  },
  "notify.deadLetter": {
    read: receivers,
    to: notify("deadLetter"),
    about: "who is told that it was set aside in dead-letter/",
    more: "the same moment",
  },
  "notify.batchEnd": {
    read: receivers,
    to: notify("batchEnd"),
    about: "who is told that all that was queued together has ended",
    more: "documents of one submission, members of a sweep; one document that wishes it speaks for all",
  },
  "notify.ping": {
    read: pings,
    to: notify("ping"),
    about: "a dead-man switch: told of start, success and failure",
  },
  labels: {
    read: shortTextMap({ name: MAX_LABEL_NAME_LENGTH, text: MAX_LABEL_LENGTH }),
    to: ["labels"],
    about: "labels: words of your own, for selecting",
    flag: { group: "Of the task", name: "label", placeholder: "KEY=VALUE", repeats: true },
    isVerbatim,
    isOpen,
  },
  annotations: {
    read: textMap,
    to: ["annotations"],
    about: "words of your own, for reading",
    isVerbatim,
    isOpen,
    isFixed: "annotations are set at submission",
  },
};
