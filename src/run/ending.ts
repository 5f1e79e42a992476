import { join } from "node:path";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { type Ending, endingFromShell } from "../model/evidence.ts";
import { containerOf, type Kind } from "../model/kind.ts";
import { invalidTask, type NotStarted } from "./not-started.ts";
import { contentOf, modifiedAt, readExit } from "./records.ts";

/** How a job ended, by what lies in its attempt's directory; what an engine says of memory goes with it. */
export type JobEnd = Omit<ContainerEnd, "oomKilled"> & Partial<Pick<ContainerEnd, "oomKilled">>;

/**
 * Reads the result of an attempt whose leader is gone, or null where there is none. The end of a container's runner is not that of
 * the container.
 */
export function readEnding(
  { directory, token }: { readonly directory: string; readonly token: string },
  kind: Kind,
): JobEnd | null {
  const exit = readExit(directory, token);
  if (containerOf(kind) === null) return exit;
  return readContainerEnd(directory, exit?.ending.type === "exited" && exit.ending.sawTerm);
}

/** How a container ended, as its runner noted it. */
export interface ContainerEnd {
  readonly ending: Ending;
  readonly endedAtMs: number;
  /** What the engine says of it; where it says no, that proves nothing. */
  readonly oomKilled: boolean;
}

/** Reads what a runner left, or null where none has come to the end; `sawTerm` is of the recording parent. */
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
  // Told to end before there was a container: the engine's command got the signal.
  if (sawTerm) return endingFromShell(143, sawTerm);
  return {
    type: "notStarted",
    ...refusalOf(code, contentOf(join(directory, ATTEMPT_FILES.containerError)) ?? ""),
  };
}

/** Of an image that was built here (containers-registries.conf(5)): there is no registry of that name to pull it from. */
const BUILT_HERE = /localhost\/[^\s"]*"?: |https?:\/\/localhost\/v2/i;
const BUILD_IT =
  "there is no such image on this machine, and localhost/ names what was built on it, wanted it to be built: podman build -t NAME FOLDER";

/** What engines say where trying again cannot help, and what a person can do about it. */
const HOPELESS: readonly (readonly [RegExp, string])[] = [
  [
    /CDI|could not select device driver|nvidia-container|unresolvable/i,
    "the engine does not know the GPU, wanted the NVIDIA Container Toolkit (podman: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml)",
  ],
  [BUILT_HERE, BUILD_IT],
  [
    /manifest unknown|not found: manifest|no such image|image not known|short-name|pull access denied|requested access to the resource is denied|repository .{0,300} not found|unable to find image|name unknown|unauthorized/i,
    "there is no such image, or it is not for you, wanted its full name with the registry (docker.io/library/python:3.12), or a login",
  ],
  [
    /must be lowercase|invalid reference/i,
    "that is no name of an image, wanted one such as docker.io/library/python:3.12, in small letters",
  ],
  [/unknown (shorthand )?flag|invalid argument|flag needs/i, "a flag is wrong, wanted unsafe: corrected"],
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

/** Exit codes of the engines of a command that could not be started in the container. */
const NOT_EXECUTABLE = [126, 127];

function refusalOf(code: number, said: string): NotStarted {
  const words = said.trim() === "" && code > 128 ? "the engine's command was killed" : lastLine(said);
  const isUnreachable =
    !BUILT_HERE.test(said) &&
    /cannot connect|connection refused|daemon running|dial unix|docker\.sock/i.test(said);
  const found = isUnreachable ? undefined : HOPELESS.find(([pattern]) => pattern.test(said));
  const isPathOfEngine = code === 125 && found !== undefined && /executable|permission/.test(found[1]);
  if (found !== undefined && !isPathOfEngine)
    return invalidTask(`Cannot run the container: ${words}; ${found[1]}`);
  if (NOT_EXECUTABLE.includes(code)) return invalidTask(`Cannot run the container: ${words}`);
  const wanted = isUnreachable && !/registry/i.test(said) ? ", wanted its service to run" : "";
  return { code: "RUNTIME_ERROR", error: `Cannot run the container: ${words}${wanted}` };
}

const MAX_SAID = 400;

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.findLast((line) => /error|denied|cannot|not |killed/i.test(line)) ?? lines.at(-1);
  return (telling ?? "the engine failed and said nothing").trim().slice(0, MAX_SAID);
}
