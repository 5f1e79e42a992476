const SECURITY = "the job runs with the rights of your account; limits: is supported";

/** Keys of planned features. They are refused: an ignored key would mislead its author. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  security: SECURITY,
};

/** Keys of a schedule file, which contains the task. */
export const OF_SCHEDULES: ReadonlySet<string> = new Set(
  "schedule cron every timeZone catchUp overlap".split(" "),
);

/** Keys of a fetch_ml record about its past, which are ignored in a new task. */
export const PAST_OF_RECORD: ReadonlySet<string> = new Set(
  "id status state createdAt updatedAt startedAt endedAt workerId error errorCode output userId username createdBy leaseExpiry leasedBy retryCount lastError nextRetry attempts".split(
    " ",
  ),
);

/** The same for a record of gyoza, whose outputs are values. */
export const PAST_OF_RUN: ReadonlySet<string> = new Set(
  "id state progress currentAttempt events outputs executionSummary createdAt updatedAt".split(" "),
);
