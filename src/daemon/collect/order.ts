import type { Collected } from "../../model/collected.ts";
import type { Task } from "../../model/task.ts";
import type { AtMessage } from "../reader-process.ts";

/** An ended attempt whose results are to be collected. */
export interface EndedJob {
  /** As it is on record, with the attempt still open. */
  readonly task: Task;
  /** `runs/<id>/<attempt>` */
  readonly directory: string;
}

/** An order to collect the results of some attempts, one after the other. */
export interface CollectOrder {
  readonly kind: "collect";
  readonly jobs: readonly EndedJob[];
}

/** What the collecting process reports, a line of JSON each; jobs by their places in the order. */
export type CollectMessage =
  | AtMessage
  | { readonly type: "collected"; readonly job: number; readonly collected: Collected };
