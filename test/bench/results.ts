import type { Task } from "../../src/model/task.ts";
import { call, EXECUTABLE, filled } from "./bench-home.ts";
import { type Row, takeTurns, timed } from "./row.ts";

const MANY = 10_000;
const SEEDS = 10;

/** A member of a sweep of learning rates and seeds, with two results. */
function member(task: Task): Task {
  const { number } = task.metadata;
  const values = { lr: String(Math.ceil(number / SEEDS) / 1_000), seed: String(number % SEEDS) };
  const group = { id: 1, name: "grid", index: number, size: MANY, values };
  const attempts = task.status.attempts.map((attempt) =>
    attempt.state === "running" ? attempt : { ...attempt, outputs: { acc: number / MANY, loss: 1 / number } },
  );
  return {
    ...task,
    metadata: { ...task.metadata, group },
    status: { ...task.status, attempts },
  };
}

/** What a comparison of a large sweep costs. */
export const RESULTS: Row = {
  id: "results",
  what: "stint results over a sweep of 10,000 members",
  aim: "1 s, sorted or grouped",
  measure: async ({ rounds }) => {
    await using stint = filled(MANY, "completed", member);
    const run = (...args: string[]) => timed(() => call([EXECUTABLE, "results", "grid", ...args], stint.env));
    // Written by no stint: each record is read once.
    await run();
    const times = await takeTurns(
      { table: () => run("--sort", "-acc"), by: () => run("--by", "lr"), csv: () => run("--csv") },
      rounds,
    );
    const said = Object.entries(times).map(([name, ms]) => `${name} ${ms.toFixed(0)}`);
    return {
      figures: Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
      says: `${said.join(", ")} ms`,
      isReached: Math.max(...Object.values(times)) <= 1_000,
    };
  },
};
