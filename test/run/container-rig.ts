import { chmodSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { bootId } from "../../src/lib/host.ts";
import { type RunnerOrder, runnerArguments } from "../../src/run/container-runner.ts";
import { PROGRAMS } from "../rig/surroundings.ts";
import type { Place } from "./rig.ts";

/** The shells that are /bin/sh somewhere: Debian and Ubuntu; Fedora, Arch and macOS; Alpine. */
export const SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([name = ""]) => Bun.which(name) !== null,
);

/** What a test puts into the fake engine's folder: its `job`, and what else steers it. */
type Steering = Readonly<Record<string, string>> & { readonly job: string };

export interface Runner {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  /** The content of a file of the attempt, empty where there is none. */
  readonly read: (name: string) => string;
}

export const isFollowed = (read: Runner["read"]): boolean =>
  ["container-pid", "container-wait"].some((name) => read(name) !== "");

/** Starts a runner as the leader of a group, as a recording parent or the supervisor does. */
export function start(
  place: Place,
  interpreter: readonly string[],
  {
    files,
    logs = ["output.log"],
    isDirect = false,
    isRemote = false,
  }: { files: Steering; logs?: readonly string[]; isDirect?: boolean; isRemote?: boolean },
): Runner {
  mkdirSync(place.file("attempt"), { mode: 0o700 });
  // By its name in the control group of its process a container is known to be on this machine.
  place.write("id", isRemote ? "another-machine" : "/");
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  if (files["sleep"] !== undefined) chmodSync(place.file("sleep"), 0o755);
  for (const name of logs) place.write(`attempt/${name}`, "");
  return startRunner(place, interpreter, { mode: "run", logs, isDirect });
}

export function startRunner(
  place: Place,
  interpreter: readonly string[],
  {
    mode,
    logs,
    isDirect = false,
  }: { mode: RunnerOrder["mode"]; logs: readonly string[]; isDirect?: boolean },
): Runner {
  const [out = "", err = out] = logs.map((name) => place.file(`attempt/${name}`));
  const [, ...args] = runnerArguments({
    mode,
    directory: place.file("attempt"),
    engine: resolve("test/run/fixtures/fake-engine"),
    name: `stint-${place.token}`,
    graceMs: 30_000,
    image: "image",
    pull: "never",
    pullTimeoutMs: 1_000,
    bootId: bootId(),
    parent: "",
    memory: "",
    manager: "",
    mayBeDirect: isDirect,
    flags: ["image"],
  });
  const env = {
    // A test may put a faster sleep before the machine's.
    PATH: `${place.path}:${PROGRAMS}`,
    FAKE_ENGINE: place.path,
    TOKEN: place.token,
    STINT_TOKEN: place.token,
  };
  // Both append, as the real ones do: the runner empties the files while the engine writes.
  const line = `exec "$@" >>"${out}" 2>>"${err}"`;
  const child = Bun.spawn(["/bin/sh", "-c", line, "sh", ...interpreter, ...args], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore"],
    env,
  });
  return { pid: child.pid, ended: child.exited, read: (name) => place.read(`attempt/${name}`) ?? "" };
}

export const calls = (place: Place, verb: string): number =>
  (place.read("calls") ?? "").split("\n").filter((line) => `${line} `.startsWith(`${verb} `)).length;

export const POLITE = `trap 'echo heard; exit 9' TERM; echo up; while :; do sleep 0.05; done`;
/** The engine's own words, with which podman ends well all the same. */
export const WORDS = `time="2024-01-01T00:00:00Z" level=error msg="Waiting for container to exit: unexpected end of JSON input"`;
