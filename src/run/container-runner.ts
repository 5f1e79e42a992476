import { withoutComments } from "../lib/shell-text.ts";
import following from "./sh/container-following.sh" with { type: "text" };
import making from "./sh/container-making.sh" with { type: "text" };
import runner from "./sh/container-runner.sh" with { type: "text" };
import stopping from "./sh/container-stopping.sh" with { type: "text" };

/*
 * The container runner is the program that the recording parent of a container's attempt runs, with MODE `run`. It makes the container,
 * follows its output, passes a TERM on, and records how it ended. The supervisor only starts runners and reads what they wrote: it never
 * calls the engine on the way to a result.
 *
 * What a runner writes into the attempt's folder, in this order (the full protocol is in sh/container-runner.sh):
 * 1. `container-runner`: which process it is. A supervisor finds it by that, and starts the next one where it is dead.
 * 2. `container-pulling`: the image is being pulled.
 * 3. `cid`, by the engine: the container exists. The timeout of the job counts from here.
 * 4. `container-end`: the engine says that the container has ended, and how. The attempt ends with it; then the container is removed.
 *
 * Invariants: the container's name follows from the attempt's token, so a later runner finds it without any file; one runner works at a
 * time, and a later one first kills the engine commands that the earlier one left; a result comes from the engine, and is renamed into
 * place; a container outlives its runner, the supervisor and the recording parent.
 *
 * A crash of the runner before 3 leaves no container, or one that the next runner finds by its name; after 3, a running container that
 * the next runner, with MODE `follow`, `stop` or `kill`, sees through to its end. Containers that a crash left after the record of their
 * result go with the sweep at the next start (sh/container-sweep.sh).
 */

/** The functions first, then what calls them. */
const CONTAINER_RUNNER = [making, stopping, following, runner].map(withoutComments).join("\n");

/** The arguments of a runner; `flags` end with the image and its arguments, and only MODE `run` uses them. */
export interface RunnerOrder {
  readonly mode: "run" | "follow" | "stop" | "kill";
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Path of the engine's command. */
  readonly engine: string;
  /** Of the container. */
  readonly name: string;
  readonly graceMs: number;
  readonly image: string;
  readonly pull: string;
  readonly pullTimeoutMs: number;
  readonly bootId: string;
  /** The control group to be its parent, from the root of the hierarchy; empty for none. */
  readonly parent: string;
  /** Bytes that the engine enforces where it cannot use our group; empty for no limit. */
  readonly memory: string;
  /** The `info` template for the manager of the engine's control groups. */
  readonly manager: string;
  /** True where the engine may be able to let the container write to the logs itself. */
  readonly mayBeDirect: boolean;
  readonly flags: readonly string[];
}

export function runnerArguments(order: RunnerOrder): string[] {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1_000));
  return [
    "/bin/sh",
    "-c",
    CONTAINER_RUNNER,
    "stint",
    order.mode,
    order.directory,
    order.engine,
    order.name,
    seconds(order.graceMs),
    order.image,
    order.pull,
    seconds(order.pullTimeoutMs),
    order.bootId,
    order.parent,
    order.memory,
    order.manager,
    String(order.mayBeDirect),
    ...order.flags,
  ];
}
