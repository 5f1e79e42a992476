import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "../lib/host.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ARTIFACTS_FOLDER, ATTEMPT_FILES } from "../model/attempt-files.ts";
import { ENGINES, type EngineName } from "../model/kind.ts";
import type { ProgramInvocation } from "./argument-limits.ts";
import { type ContainerWish, containerFlags, isMountable } from "./container-flags.ts";
import { type RunnerOrder, runnerArguments } from "./container-runner.ts";
import { notThere } from "./missing.ts";
import { invalidTask, type NotStarted, refusedBySystem } from "./not-started.ts";

/** An engine that is installed. */
export interface Engine {
  readonly name: EngineName;
  /** Absolute. */
  readonly path: string;
}

/** One container, and what its runners need. */
export interface ContainerOrder extends ContainerWish {
  /** Of the attempt. */
  readonly token: string;
  readonly graceMs: number;
  /** The control group to be its parent, from the root of the hierarchy; null for none. */
  readonly parentGroup: string | null;
  /** Of the supervisor; the engine's command finds its settings and its service by it. */
  readonly ownEnvironment: Readonly<Record<string, string>>;
}

const HOW_TO_GET =
  "install podman (apt install podman) or docker, then stint retry; stint doctor shows what it finds";

/** Finds the engine of a task: the one that it names, or the first that is installed. */
export function findEngine(
  wanted: EngineName | undefined,
  environment: Readonly<Record<string, string>>,
): Result<Engine, string> {
  const names = wanted === undefined ? ENGINES : [wanted];
  for (const name of names) {
    const path = Bun.which(name, { PATH: environment["PATH"] ?? "/usr/bin:/bin" });
    if (path !== null) return ok({ name, path });
  }
  return err(`${names.join(" and ")} ${names.length === 1 ? "is" : "are"} not in PATH, ${HOW_TO_GET}`);
}

export function containerName(token: string): string {
  return `stint-${token}`;
}

/** Writes what the container needs into the attempt's directory; returns the command of its first runner. */
export function containerInvocation(
  order: ContainerOrder,
  jobEnvironment: Readonly<Record<string, string>>,
): Result<ProgramInvocation, NotStarted> {
  const { kind, directory, ownEnvironment, labels, token } = order;
  const engine = findEngine(kind.container.engine, ownEnvironment);
  if (!engine.ok) return err(invalidTask(`Cannot run a container: ${engine.error}`));
  const missing = kind.container.volumes.find(
    // The checkout of a snapshot is made later.
    ({ host }) => !host.startsWith(`${directory}/`) && !existsSync(host),
  );
  if (missing !== undefined)
    return err(notThere(`Cannot mount "${missing.host}": does not exist, wanted a file or folder`));
  const odd = [{ host: directory, path: "" }, ...kind.container.volumes, ...order.data].find(
    (each) => !isMountable(each),
  );
  if (odd !== undefined)
    return err(
      invalidTask(
        `Cannot mount "${odd.host}": no engine accepts a path with both a colon and a comma or quote, wanted one without`,
      ),
    );
  const variables = Object.entries(jobEnvironment);
  const misnamed = variables.find(([name]) => !/^[A-Za-z_][\w.-]*$/.test(name));
  if (misnamed !== undefined)
    return err(
      invalidTask(`Cannot set "${misnamed[0]}" in a container: wanted a name of letters, digits and _`),
    );
  // In an `--env-file` a line is a variable: values of several lines go through the environment of the engine's command.
  const passed = Object.fromEntries(variables.filter(([, value]) => /[\n\r]/.test(value)));
  const lines = variables.filter(([name]) => !(name in passed)).map(([name, value]) => `${name}=${value}\n`);
  try {
    writeFileSync(join(directory, ATTEMPT_FILES.containerEnvironment), lines.join(""), { mode: 0o600 });
    // The user in the container may have any uid. On the machine, the mode 0700 of the home keeps others out.
    const artifacts = join(directory, ARTIFACTS_FOLDER);
    mkdirSync(artifacts, { recursive: true });
    for (const folder of [directory, artifacts, order.checkpoint]) chmodSync(folder, 0o1777);
    if (kind.mode.type === "script")
      writeFileSync(join(directory, ATTEMPT_FILES.script), kind.mode.body, { mode: 0o755 });
  } catch (error) {
    return err(refusedBySystem(`Cannot write into "${directory}"`, error));
  }
  const flags = containerFlags({
    ...order,
    engine: engine.value.name,
    labels: { ...labels, "stint.token": token },
    passed: Object.keys(passed),
  });
  return ok(runnerInvocation({ ...order, engine: engine.value, mode: "run", flags, passed }));
}

/** The command of a further runner, for a container whose runner is dead. */
export function laterInvocation(
  order: Omit<ContainerOrder, "devices" | "labels" | "checkpoint" | "data" | "mounts" | "ports">,
  mode: "follow" | "stop" | "kill",
): Result<ProgramInvocation, string> {
  const engine = findEngine(order.kind.container.engine, order.ownEnvironment);
  return engine.ok
    ? ok(runnerInvocation({ ...order, engine: engine.value, mode, flags: [], passed: {} }))
    : engine;
}

type RunnerParts = Pick<RunnerOrder, "mode" | "flags"> & {
  readonly engine: Engine;
  readonly passed: Readonly<Record<string, string>>;
} & Pick<
    ContainerOrder,
    "kind" | "directory" | "token" | "graceMs" | "parentGroup" | "limits" | "ownEnvironment"
  >;

function runnerInvocation(parts: RunnerParts): ProgramInvocation {
  const { kind, directory, token, graceMs, engine, mode, flags, limits } = parts;
  const { image, pull, pullTimeoutMs } = kind.container;
  const argv = runnerArguments({
    mode,
    directory,
    engine: engine.path,
    name: containerName(token),
    graceMs,
    image,
    pull,
    pullTimeoutMs,
    bootId: bootId(),
    parent: parts.parentGroup ?? "",
    memory: limits?.memoryBytes === undefined ? "" : String(limits.memoryBytes),
    manager: engine.name === "docker" ? "{{.CgroupDriver}}" : "{{.Host.CgroupManager}}",
    mayBeDirect: engine.name === "podman",
    flags,
  });
  return { argv, environment: { ...parts.ownEnvironment, ...parts.passed, STINT_TOKEN: token } };
}
