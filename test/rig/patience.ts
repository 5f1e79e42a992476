/**
 * A condition that does not come true in this time never does, on whatever machine: the tests hold where 25 others want each CPU. It says
 * what a test waited for before the test's own time is over.
 */
export const PATIENCE_MS = 100_000;
