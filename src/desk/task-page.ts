import type { Query } from "../model/query.ts";

/** Which tasks are listed. */
export interface PageAsked {
  readonly query: Query;
  /** A sweep or a group, by its name or the number of a member. */
  readonly group?: string | undefined;
  readonly limit: number;
  /** Only tasks with lower numbers; in the order of the queue, how many were passed. */
  readonly cursor?: number | undefined;
}
