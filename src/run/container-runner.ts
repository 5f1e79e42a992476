import { withoutComments } from "../lib/shell-text.ts";
import following from "./sh/container-following.sh" with { type: "text" };
import making from "./sh/container-making.sh" with { type: "text" };
import runner from "./sh/container-runner.sh" with { type: "text" };
import stopping from "./sh/container-stopping.sh" with { type: "text" };

/** The functions first, then what calls them. */
const CONTAINER_RUNNER = [making, stopping, following, runner].map(withoutComments).join("\n");

/** What a runner is told; `flags` end with the image and its arguments, and are of use to MODE `run` alone. */
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
  /** The control group that it is to be put under, from the top of its hierarchy; empty for none. */
  readonly parent: string;
  /** Bytes that the engine is to enforce where it does not take our group; empty for no limit. */
  readonly memory: string;
  /** The template by which the engine tells who manages its control groups. */
  readonly manager: string;
  /** True where the engine may know how to give a container our own logs for its output. */
  readonly mayBeDirect: boolean;
  readonly flags: readonly string[];
}

/** The program and arguments of a runner. */
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
