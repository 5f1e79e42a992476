/** The ten states of a task, in the order of its lifecycle. */
export const STATES = [
  "queued",
  "preparing",
  "running",
  "serving",
  "stopping",
  "collecting",
  "orphaned",
  "completed",
  "failed",
  "cancelled",
] as const;
export type State = (typeof STATES)[number];

/** The states that a record can have: a task passes through the others between two records, and only the audit log names them. */
export const RECORDED_STATES = [
  "queued",
  "preparing",
  "running",
  "serving",
  "stopping",
  "collecting",
  "completed",
  "failed",
  "cancelled",
] as const;

/**
 * The transitions from each state; all others are refused.
 *
 *     queued ──► preparing ──► running ──► collecting ──► completed
 *       ▲  │         │          │  │ ▲          │
 *       │  │         │          │  │ └─ serving ─► stopping ─► completed
 *       │  │         │          │  ▼
 *       │  │         │          │ orphaned        (supervisor or machine died)
 *       │  └─────────┴──────────┴──► failed, cancelled
 *       └── retry, release, shutdown, interval, orphan, a user's retry of failed or cancelled
 */
const TRANSITIONS: Readonly<Record<State, readonly State[]>> = {
  queued: ["preparing", "failed", "cancelled"],
  preparing: ["running", "queued", "failed", "cancelled"],
  running: ["serving", "collecting", "failed", "queued", "cancelled", "orphaned", "stopping"],
  serving: ["stopping", "failed", "queued", "orphaned", "cancelled"],
  stopping: ["completed", "cancelled", "failed", "orphaned", "queued"],
  collecting: ["completed", "queued", "failed", "cancelled", "collecting"],
  orphaned: ["queued", "failed", "collecting", "completed", "cancelled"],
  completed: [],
  failed: ["queued"],
  cancelled: ["queued"],
};

/** The directory that holds a record in each state. */
export const PLACES = ["pending", "running", "done", "dead-letter"] as const;
export type StateDirectory = (typeof PLACES)[number];

/** The directories of ended tasks. */
export const ENDED_PLACES = ["done", "dead-letter"] as const;
export type EndedPlace = (typeof ENDED_PLACES)[number];

export function directoryOf(state: State): StateDirectory {
  if (state === "queued") return "pending";
  if (state === "failed") return "dead-letter";
  return isTerminal(state) ? "done" : "running";
}

/** True where no further attempt follows, unless a user retries the task. */
export function isTerminal(state: State): state is "completed" | "failed" | "cancelled" {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** The states of ended tasks. */
export const TERMINAL_STATES = STATES.filter(isTerminal);

export const UNFINISHED_STATES = STATES.filter((state) => !isTerminal(state));

/** True where an attempt is open: the record is in `running/`. */
export function isActive(
  state: State,
): state is Exclude<State, "queued" | "completed" | "failed" | "cancelled"> {
  return state !== "queued" && !isTerminal(state);
}

export function canMove(from: State, to: State): boolean {
  return TRANSITIONS[from].includes(to);
}

/**
 * The single transitions between two states, all of which the audit log holds: short-lived states are not written to the record. Empty
 * where the state stays the same.
 */
export function stepsBetween(from: State, to: State): readonly (readonly [State, State])[] {
  const way = `${from} ${to}`;
  const known = ways.get(way) ?? findSteps(from, to);
  ways.set(way, known);
  return known;
}

/** Cached; there are at most a hundred. */
const ways = new Map<string, readonly (readonly [State, State])[]>();

function findSteps(from: State, to: State): (readonly [State, State])[] {
  if (from === to) return [];
  const cameFrom = new Map<State, State>();
  const frontier: State[] = [from];
  for (const state of frontier) {
    for (const next of TRANSITIONS[state]) {
      if (next === from || cameFrom.has(next)) continue;
      cameFrom.set(next, state);
      frontier.push(next);
    }
  }
  const steps: (readonly [State, State])[] = [];
  for (let state = to; state !== from; ) {
    const before = cameFrom.get(state);
    if (before === undefined) throw new Error(`invalid transition ${from} -> ${to}`);
    steps.unshift([before, state]);
    state = before;
  }
  return steps;
}
