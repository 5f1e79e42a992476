import { chmodSync, existsSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * All that a test may see of the machine and of the user who runs it. The environment of the tests goes no further than this
 * file: no home, no settings, no runtime directory, no time zone, no token of a job in which the tests run, no GPU.
 */

// Files are made as under any login, whatever the user's own mask is.
process.umask(0o022);

// All temporary files of a run are in one folder. A shell removes it when the pipe breaks: the runner of the tests calls no
// "exit" handler, and may be killed. Users other than this one pass through it to what is theirs.
const RUN_FOLDER = mkdtempSync(join(tmpdir(), "stint-tests-"));
chmodSync(RUN_FOLDER, 0o755);
// A job of a test that was killed may still write for a moment.
const REMOVE = `read -r _
for try in 1 2 3 4 5 6 7 8 9; do
  find "$1" -xdev -delete 2>/dev/null
  test -e "$1" || exit 0
  sleep "$try"
done`;
Bun.spawn(["sh", "-c", REMOVE, "sh", RUN_FOLDER], {
  stdio: ["pipe", "ignore", "ignore"],
  detached: true,
}).unref();
process.env["TMPDIR"] = RUN_FOLDER;

/** Tools that a GPU's vendor installs; a job of a test must not be placed on a real GPU. */
const GPU_TOOLS = ["nvidia-smi", "rocm-smi"];

/** Where programs are found: as on this machine, without the tools of GPUs. */
export const PROGRAMS = withoutGpuTools(process.env["PATH"] ?? "/usr/bin:/bin");

/** The same, with the programs of the system alone. */
export const SYSTEM_PROGRAMS = withoutGpuTools("/usr/bin:/bin");

/** The environment of a program whose user has a folder for a home; temporary and runtime files are in it too. */
export function environmentOf(home: string): Record<string, string> {
  return {
    PATH: PROGRAMS,
    HOME: home,
    XDG_RUNTIME_DIR: join(home, "runtime"),
    TMPDIR: home,
    LANG: "C.UTF-8",
    TZ: "UTC",
  };
}

/** Does some work of this process in another time zone. */
export function inZone<T>(zone: string, work: () => T): T {
  const before = process.env["TZ"] ?? "UTC";
  process.env["TZ"] = zone;
  try {
    return work();
  } finally {
    process.env["TZ"] = before;
  }
}

/** A user of whom the machine has no other process, and no other run of the tests one: some limits count for each user. */
export const STRANGER = 20_000 + (process.pid % 40_000);

function withoutGpuTools(path: string): string {
  const folders = path.split(delimiter);
  return folders.map((folder) => (hasGpuTool(folder) ? linksTo(folder) : folder)).join(delimiter);
}

function hasGpuTool(folder: string): boolean {
  return GPU_TOOLS.some((tool) => existsSync(join(folder, tool)));
}

/** A folder of links to the programs of another one. */
function linksTo(folder: string): string {
  const links = mkdtempSync(join(tmpdir(), "stint-programs-"));
  const names = readdirSync(folder).filter((name) => !GPU_TOOLS.includes(name));
  for (const name of names) symlinkSync(join(folder, name), join(links, name));
  return links;
}
