import * as v from "valibot";
import { answer } from "../request.ts";
import type { BodyField } from "./fields.ts";

/** More tasks are changed by several requests. */
const MAX_TASKS = 10_000;

const reference = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(v.number(), v.integer(), v.minValue(1)),
]);

/** The tasks that a request changes. */
const tasks: BodyField<(string | number)[]> & { readonly isRequired: true } = {
  about: "numbers, ids or names of tasks; the name of a sweep stands for its members",
  wanted: `a list of 1 to ${MAX_TASKS} numbers, ids or names of tasks`,
  schema: v.pipe(v.array(reference), v.minLength(1), v.maxLength(MAX_TASKS)),
  isRequired: true,
};

const version: BodyField<number> = {
  about: "change nothing unless the record has this resourceVersion; for one task",
  wanted: "a whole number from 1",
  schema: v.pipe(v.number(), v.integer(), v.minValue(1)),
};

const force: BodyField<boolean> = {
  about: "kill the jobs at once",
  wanted: "true or false",
  schema: v.boolean(),
};

const changes: BodyField<Record<string, string | number | boolean>> & { readonly isRequired: true } = {
  about: "keys of the task file with their values, as `stint set` takes them",
  wanted: 'an object of keys and values, such as {"priority": 5}',
  schema: v.pipe(
    v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
    v.check((all) => Object.keys(all).length > 0),
  ),
  isRequired: true,
};

/** The body of hold, release and retry. */
export const CHANGE_FIELDS = { tasks, version };
/** The body of cancel. */
export const CANCEL_FIELDS = { tasks, version, force };
/** The body of set. */
export const SET_FIELDS = { tasks, version, set: changes };

/** The answer to a change: one entry for each task. */
export const changeAnswer = v.strictObject({
  answers: v.array(answer),
  /** Tasks for which the supervisor did not answer in time; it still carries the request out. */
  unanswered: v.number(),
});
export type ChangeAnswer = v.InferOutput<typeof changeAnswer>;
