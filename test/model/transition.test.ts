import { describe, expect, test } from "bun:test";
import { countersOf } from "../../src/model/lifecycle.ts";
import { canMove, STATES, type State } from "../../src/model/state.ts";
import type { Status, Task } from "../../src/model/task.ts";
import { mustTransition, transition } from "../../src/model/transition.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { at, taskIn } from "../rig/tasks.ts";

/** A status in a state, put onto a task. */
function statusIn(state: State, of: Task): Status {
  const common = countersOf(of);
  const ended = { ...common, endedAt: at(), message: "" };
  if (state === "completed") return { state, reason: "Succeeded", ...ended };
  if (state === "failed") return { state, reason: "Exhausted", ...ended };
  return state === "cancelled" ? { state, reason: "User", ...ended } : { state, ...common };
}

const pairs = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

describe("transition()", () => {
  test.each(pairs.filter((pair) => canMove(...pair)))(
    "moves %s to %s and changes only the status",
    (from, to) => {
      const task = taskIn(from);
      const next = statusIn(to, task);
      expect(valueOf(transition(task, next))).toEqual({ ...task, status: next });
    },
  );

  test.each(pairs.filter((pair) => !canMove(...pair)))("refuses %s to %s, naming both", (from, to) => {
    const task = taskIn(from);
    const problem = errorOf(transition(task, statusIn(to, task)));
    expect(problem.code).toBe("INVALID_TRANSITION");
    expect(problem.message).toEndWith(`"000001-train": invalid transition ${from} -> ${to}`);
  });
});

describe("mustTransition()", () => {
  test("throws what transition() refuses", () => {
    const task = taskIn("completed");
    expect(() => mustTransition(task, statusIn("queued", task))).toThrow(
      "invalid transition completed -> queued",
    );
    expect(mustTransition(taskIn("queued"), statusIn("preparing", task)).status.state).toBe("preparing");
  });
});
