import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RecordView, Stint } from "./stint.ts";
import { environmentOf } from "./surroundings.ts";

/** The image of the tests: busybox and nothing else. */
export const IMAGE = "localhost/stint-test:latest";

const folder = mkdtempSync(join(tmpdir(), "stint-podman-"));

/** Works without systemd, without a limit that may be raised, and without a journal; its locks are its own. */
const SETTINGS = `[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
lock_type="file"
tmp_dir="${join(folder, "state")}"
[containers]
default_ulimits=["nofile=1024:1024","nproc=1024:1024"]
log_driver="k8s-file"
`;

const APPLETS = [
  "cat",
  "dd",
  "echo",
  "env",
  "head",
  "id",
  "kill",
  "ls",
  "seq",
  "sh",
  "sleep",
  "tail",
  "tee",
  "touch",
];

/** Images, containers and their names are of this process alone, and go with it: no mount keeps the folder. */
const STORAGE = `[storage]
driver="overlay"
graphroot="${join(folder, "storage")}"
runroot="${join(folder, "run")}"
[storage.options.overlay]
skip_mount_home="true"
`;

/** What makes an engine one of these tests. */
export const ENGINE = {
  CONTAINERS_CONF: join(folder, "containers.conf"),
  CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
};
writeFileSync(ENGINE.CONTAINERS_CONF, SETTINGS);
writeFileSync(ENGINE.CONTAINERS_STORAGE_CONF, STORAGE);

/** Runs podman to its end; gives what it printed, and its words where it failed. */
export function podman(...args: string[]): { code: number; out: string; err: string } {
  const ran = Bun.spawnSync(["podman", ...args], { env: { ...environmentOf(folder), ...ENGINE } });
  return { code: ran.exitCode, out: ran.stdout.toString().trim(), err: ran.stderr.toString().trim() };
}

let refusal: string | null | undefined;

/** Makes the image, once; gives the reason where podman cannot run here, and null where it can. */
export function preparePodman(): string | null {
  if (refusal === undefined) refusal = prepare();
  return refusal;
}

function prepare(): string | null {
  if (Bun.which("podman") === null) return "podman is not installed";
  if (process.getuid?.() !== 0) return "only root can use the settings of these tests";
  const busybox = Bun.which("busybox");
  if (busybox === null) return "busybox is not installed";
  const root = join(folder, "root");
  for (const name of ["bin", "tmp", "proc", "sys", "dev", "etc"])
    mkdirSync(join(root, name), { recursive: true });
  if (!existsSync(join(root, "bin/busybox"))) cpSync(busybox, join(root, "bin/busybox"));
  for (const name of APPLETS) symlinkSync("busybox", join(root, "bin", name));
  const archive = join(folder, "image.tar");
  Bun.spawnSync(["tar", "-C", root, "-cf", archive, "."]);
  const imported = podman("import", archive, IMAGE);
  if (imported.code !== 0) return `podman cannot import an image: ${imported.err}`;
  const ran = podman("run", "--rm", "--network=none", IMAGE, "/bin/echo", "works");
  return ran.out === "works" ? null : `podman cannot run a container: ${ran.err}`;
}

/** A home whose jobs find podman with the settings of these tests; its containers go at the end. */
export class PodmanStint extends Stint {
  override get env(): Record<string, string> {
    return { ...super.env, ...ENGINE };
  }

  /** The names of the containers of this home. */
  containers(...flags: string[]): string[] {
    const listed = podman(
      "ps",
      ...flags,
      "--filter",
      `label=stint.home=${this.home}`,
      "--format",
      "{{.Names}}",
    );
    return listed.out.split("\n").filter(Boolean);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    const left = this.containers("-a");
    if (left.length > 0) podman("rm", "-f", "-v", "-t", "0", ...left);
  }
}

/** A task file of one container task. */
export const task = (name: string, ...lines: string[]): string =>
  [`name: ${name}`, `container: {image: "${IMAGE}", network: none}`, "retries: 0", ...lines].join("\n");

/** Queues tasks from one file. */
export async function submit(stint: PodmanStint, ...tasks: string[]): Promise<void> {
  writeFileSync(join(stint.root, "tasks.yaml"), tasks.join("\n---\n"));
  await stint.ok("submit", "tasks.yaml");
}

/** Its last attempt. */
export const lastOf = (record: RecordView): RecordView["status"]["attempts"][number] => {
  const last = record.status.attempts.at(-1);
  if (last === undefined) throw new Error("there is no attempt");
  return last;
};
/** A file of its first attempt. */
export const logOf = (stint: PodmanStint, { metadata }: RecordView, file = "output.log"): string =>
  readFileSync(join(stint.home, "runs", metadata.id, "1", file), "utf8");
