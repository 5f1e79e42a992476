import { join } from "node:path";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { type Ending, endingFromShell } from "../model/evidence.ts";
import { invalidTask, type NotStarted } from "./not-started.ts";
import { contentOf, modifiedAt, readExit } from "./records.ts";

/** How a job ended, by the files of its attempt; of a container also whether memory ran out. */
export type JobEnd = Omit<ContainerEnd, "oomKilled"> & Partial<Pick<ContainerEnd, "oomKilled">>;

/** Reads the result of a container whose leader is dead; null where there is none. The end of its runner is not its own. */
export function readEnding({
  directory,
  token,
}: {
  readonly directory: string;
  readonly token: string;
}): ContainerEnd | null {
  const exit = readExit(directory, token);
  return readContainerEnd(directory, exit?.ending.type === "exited" && exit.ending.sawTerm);
}

/** How a container ended, as its runner recorded it. */
export interface ContainerEnd {
  readonly ending: Ending;
  readonly endedAtMs: number;
  /** As the engine says; false proves nothing. */
  readonly oomKilled: boolean;
}

/** Reads the result of a runner; null where there is none yet. `sawTerm` is whether the recording parent got a TERM. */
export function readContainerEnd(directory: string, sawTerm: boolean): ContainerEnd | null {
  const path = join(directory, ATTEMPT_FILES.containerEnd);
  const [word, code, oom] = (contentOf(path) ?? "").trim().split(" ");
  const endedAtMs = modifiedAt(path);
  if (word === undefined || word === "" || endedAtMs === null) return null;
  return {
    ending: endingOf({ word, code: Number(code), directory, sawTerm }),
    endedAtMs,
    oomKilled: oom === "true",
  };
}

interface Noted {
  readonly word: string;
  readonly code: number;
  readonly directory: string;
  readonly sawTerm: boolean;
}

function endingOf({ word, code, directory, sawTerm }: Noted): Ending {
  if (word === "exited" && code >= 0 && code <= 255) return endingFromShell(code, sawTerm);
  if (word !== "engine") {
    const note =
      word === "dead"
        ? "the container's processes are gone and its engine does not know it: its monitor was killed"
        : "the container is gone and left no result";
    return { type: "lost", signal: null, note };
  }
  // A TERM before the container existed: the engine's command got it.
  if (sawTerm) return endingFromShell(143, sawTerm);
  return {
    type: "notStarted",
    ...refusalOf(code, contentOf(join(directory, ATTEMPT_FILES.containerError)) ?? ""),
  };
}

/** An image that was built on this machine (containers-registries.conf(5)): no registry has that name. */
const BUILT_HERE = /localhost\/[^\s"]*"?: |https?:\/\/localhost\/v2/i;
const BUILD_IT =
  "there is no such image on this machine, and localhost/ is for images that were built on it, wanted a built one: podman build -t NAME FOLDER";

/** Errors of engines that a retry cannot help, and what a person can do about each. */
const HOPELESS: readonly (readonly [RegExp, string])[] = [
  [
    /CDI|could not select device driver|nvidia-container|unresolvable/i,
    "the engine does not know the GPU, wanted the NVIDIA Container Toolkit (podman: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml)",
  ],
  [BUILT_HERE, BUILD_IT],
  [
    /manifest unknown|not found: manifest|no such image|image not known|short-name|pull access denied|requested access to the resource is denied|repository .{0,300} not found|unable to find image|name unknown|unauthorized/i,
    "there is no such image, or you may not pull it, wanted its full name with the registry (docker.io/library/python:3.12), or a login",
  ],
  [
    /must be lowercase|invalid reference/i,
    "that is not a valid image name, wanted one like docker.io/library/python:3.12, in lower case",
  ],
  [
    /unknown (shorthand )?flag|invalid argument|flag needs/i,
    "the engine does not know a flag, wanted valid ones in unsafe:",
  ],
  [
    /executable file not found|no such file or directory/i,
    "the command is not in the image, wanted one that is",
  ],
  [/permission denied/i, "the command is not executable in the image, wanted one that is"],
  [
    /unable to find user|no matching entries in passwd/i,
    "the image does not know the user, wanted another one",
  ],
];

function refusalOf(code: number, said: string): NotStarted {
  const words = said.trim() === "" && code > 128 ? "the engine's command was killed" : lastLine(said);
  const isUnreachable =
    !BUILT_HERE.test(said) &&
    /cannot connect|connection refused|daemon running|dial unix|docker\.sock/i.test(said);
  const found = isUnreachable ? undefined : HOPELESS.find(([pattern]) => pattern.test(said));
  const isPathOfEngine = code === 125 && found !== undefined && /executable|permission/.test(found[1]);
  const exit = code === 126 || code === 127 ? code : undefined;
  if (found !== undefined && !isPathOfEngine)
    return invalidTask(`Cannot run the container: ${words}; ${found[1]}`, exit);
  if (exit !== undefined) return invalidTask(`Cannot run the container: ${words}`, exit);
  const wanted = isUnreachable && !/registry/i.test(said) ? ", wanted its service to run" : "";
  return { code: "RUNTIME_ERROR", error: `Cannot run the container: ${words}${wanted}` };
}

const MAX_SAID = 400;

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.findLast((line) => /error|denied|cannot|not |killed/i.test(line)) ?? lines.at(-1);
  return (telling ?? "the engine failed and said nothing").trim().slice(0, MAX_SAID);
}
