import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { Device } from "../model/device.ts";
import {
  type AnyMode,
  CHECKPOINT_MOUNT,
  type ContainerKind,
  type EngineName,
  RUN_MOUNT,
  type Runtime,
} from "../model/kind.ts";
import type { Limits } from "../model/limits.ts";

/** The specification of a container. */
export interface ContainerWish {
  readonly kind: ContainerKind;
  readonly directory: string;
  readonly checkpoint: string;
  /** The folders and files of the data sets. */
  readonly data: readonly Volume[];
  /** Folders of stint that it may read. */
  readonly mounts: readonly { readonly host: string; readonly path: string }[];
  /** On which it listens as a service, with the same numbers inside and outside. */
  readonly ports: readonly number[];
  /** By their names: `stint.task` and so on. */
  readonly labels: Readonly<Record<string, string>>;
  readonly devices: readonly Pick<Device, "id" | "vendor">[];
  readonly limits: Limits | undefined;
}

export interface FlagsOrder extends ContainerWish {
  readonly engine: EngineName;
  /** Names of variables whose values have several lines, which an engine's `--env-file` does not support. */
  readonly passed: readonly string[];
}

/** The flags, the image and the arguments of `ENGINE run`. */
export function containerFlags(order: FlagsOrder): string[] {
  const { kind, directory, checkpoint, data, mounts, ports, labels, passed } = order;
  const { image, workdir, user, volumes, network, shmBytes, unsafe } = kind.container;
  const [program, ...args] = programIn(kind.mode);
  return [
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...option("--env-file", `${directory}/${ATTEMPT_FILES.containerEnvironment}`),
    ...passed.flatMap((name) => option("--env", name)),
    ...mount({ host: directory, path: RUN_MOUNT, readOnly: false }),
    ...mount({ host: checkpoint, path: CHECKPOINT_MOUNT, readOnly: false }),
    ...mounts.flatMap((one) => mount({ ...one, readOnly: true })),
    ...volumes.flatMap(mount),
    ...data.flatMap(mount),
    // SELinux would deny the container its mounts, and relabelling a user's folders is worse.
    ...option("--security-opt", "label=disable"),
    ...option("--network", network),
    // With `host` it listens on the machine itself, and with `none` nowhere: an engine warns of the flag, or refuses it.
    ...(network === "bridge" ? ports.flatMap(published) : []),
    ...option("--workdir", workdir),
    ...option("--user", user),
    ...option("--shm-size", shmBytes),
    ...limitFlags(order.limits),
    ...deviceFlags(order),
    ...unsafe,
    ...(kind.mode.type === "image" ? [] : ["--entrypoint", program ?? ""]),
    image,
    ...(kind.mode.type === "image" ? kind.mode.args : args),
  ];
}

type Volume = ContainerKind["container"]["volumes"][number];

/** For this machine alone: an engine's default is every address of it, past its firewall. */
function published(port: number): string[] {
  return option("--publish", `127.0.0.1:${port}:${port}`);
}

/** In `--volume` a colon ends the path, in `--mount` a comma, which podman cannot quote (4.3). */
function mount({ host, path, readOnly }: Volume): string[] {
  return host.includes(":")
    ? option("--mount", `type=bind,src=${host},dst=${path}${readOnly ? ",readonly" : ""}`)
    : option("--volume", `${host}:${path}${readOnly ? ":ro" : ""}`);
}

/** False for a path that neither flag can express. */
export function isMountable({ host, path }: Pick<Volume, "host" | "path">): boolean {
  return !host.includes(":") || !/[,"\n]/.test(host + path);
}

/** A flag with its value; nothing where there is no value. */
function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}

/** All limits but memory, which the container runner sets: see sh/container-making.sh. */
function limitFlags({
  cpus,
  pids,
  openFiles,
  coreBytes,
  fileSizeBytes,
  addressSpaceBytes,
}: Limits = {}): string[] {
  const processLimits = { nofile: openFiles, core: coreBytes, fsize: fileSizeBytes, as: addressSpaceBytes };
  return [
    ...option("--cpus", cpus),
    // The engine's init is one more.
    ...option("--pids-limit", pids === undefined ? undefined : pids + 1),
    ...Object.entries(processLimits).flatMap(([name, value]) =>
      value === undefined ? [] : ["--ulimit", `${name}=${value}:${value}`],
    ),
  ];
}

/**
 * Podman uses the Container Device Interface, and refuses a GPU that no specification names; old versions accept `--gpus` and ignore it.
 * Docker's `--gpus` reads CSV, hence the quotes around a list.
 */
function deviceFlags({ engine, devices }: FlagsOrder): string[] {
  const ids = devices.filter(({ vendor }) => vendor === "nvidia").map(({ id }) => id);
  const amd = devices.some(({ vendor }) => vendor === "amd")
    ? ["--device", "/dev/kfd", "--device", "/dev/dri"]
    : [];
  if (ids.length === 0) return amd;
  return engine === "docker"
    ? [...amd, "--gpus", `"device=${ids.join(",")}"`]
    : [...amd, ...ids.flatMap((id) => ["--device", `nvidia.com/gpu=${id}`])];
}

function programIn(mode: AnyMode): readonly string[] {
  switch (mode.type) {
    case "command":
      return [mode.command, ...mode.args];
    case "script":
      return [...interpreterOf(mode.runtime), `${RUN_MOUNT}/${ATTEMPT_FILES.script}`, ...mode.args];
    case "image":
      return [];
  }
}

/** The interpreter in the image, by its usual name. */
function interpreterOf(runtime: Runtime): string[] {
  if (typeof runtime === "object")
    return [runtime.command, ...(runtime.flag === undefined ? [] : [runtime.flag])];
  return runtime === "python" ? ["python3"] : [runtime];
}
