const SECURITY = "the job runs with the rights of your account; limits: is there";
const SERVICES = "only jobs that end are run; restart: always repeats one";
const TRACKING = "set the variables of the tracker under env:";
const DATA = "name the files on the command line or under env:";
const NEWS = "follow it with stint wait or stint logs -f";

/** Keys of capabilities that are planned and not there. They are refused: a key that is passed over would be a lie. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  security: SECURITY,
  service: SERVICES,
  tracking: TRACKING,
  datasets: DATA,
  datasetSpecs: DATA,
  snapshot: DATA,
  snapshotId: DATA,
  inputs: DATA,
  inputSpecs: DATA,
  outputSpecs: DATA,
  artifacts: DATA,
  eventDelivery: NEWS,
};

/** Keys of a schedule, which is a file of its own around the task. */
export const OF_SCHEDULES: ReadonlySet<string> = new Set([
  "schedule",
  "cron",
  "every",
  "timeZone",
  "catchUp",
  "overlap",
]);

/** What a record of fetch_ml tells of its past there; it says nothing of a new task, and is left behind. */
export const PAST_OF_RECORD: ReadonlySet<string> = new Set([
  "id",
  "status",
  "state",
  "createdAt",
  "updatedAt",
  "startedAt",
  "endedAt",
  "workerId",
  "error",
  "errorCode",
  "output",
  "userId",
  "username",
  "createdBy",
  "leaseExpiry",
  "leasedBy",
  "retryCount",
  "lastError",
  "nextRetry",
  "attempts",
]);
