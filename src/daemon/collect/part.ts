import type { Collected } from "../../model/collected.ts";
import type { Layout } from "../../store/layout.ts";
import type { EndedJob } from "./order.ts";

/** An ended attempt, as a part sees it in the collecting process. */
export interface Collecting extends EndedJob {
  readonly layout: Layout;
  /** The environment of the supervisor. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nowMs: () => number;
  /** To be called at least every few seconds: a part that does not is taken for one that hangs. */
  readonly beat: () => void;
}

/** One kind of result. Everything in the folder of the attempt may be forged, a link, a FIFO, or change while it is read. */
export interface Part {
  /** Completes "Cannot collect the". */
  readonly name: string;
  /**
   * Asked by the supervisor's loop, for every job that ends: a system call at most. A part that is collected beside others is no reason to
   * collect.
   */
  readonly isNeeded: ((of: EndedJob) => boolean) | "beside others";
  /** In a process of its own, which may take its time. It may be killed at any point, and is then repeated as a whole. */
  readonly collect: (of: Collecting) => Collected | Promise<Collected>;
}
