import type { LogSearch } from "../../run/log-search.ts";
import type { ProbeAnswer } from "../../run/probe.ts";

/** What the supervisor knows of a service beside its record; times as `Clock.awakeMs`. The next one begins with none of it. */
export interface ServiceWatch {
  /** A question is under way. */
  isAsking: boolean;
  /** When the next one is due. */
  askAtMs: number;
  /** An answer that the loop has not seen. */
  answer: ProbeAnswer | null;
  /** What it said when it last did not answer. */
  said: string;
  /** In a row, since it serves. */
  failures: number;
  /** Where its log is searched. */
  searches: readonly LogSearch[] | null;
  /** When it is next looked who uses it; null before the first look. */
  useAtMs: number | null;
  isAskingUse: boolean;
  /** When it was last used; 0 where that is not known. */
  usedAtMs: number;
  /** True once it was looked who uses it. */
  isUseKnown: boolean;
  /** The size of its file of events at the last look. */
  eventBytes: number | null;
}

/** Of a service that starts, or was adopted. */
export function newWatch(): ServiceWatch {
  return {
    isAsking: false,
    askAtMs: 0,
    answer: null,
    said: "it was not asked yet",
    failures: 0,
    searches: null,
    useAtMs: null,
    isAskingUse: false,
    usedAtMs: 0,
    isUseKnown: false,
    eventBytes: null,
  };
}
