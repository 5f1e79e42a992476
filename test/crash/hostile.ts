import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS, EXIT } from "../../src/model/errors.ts";
import { PATIENCE_MS } from "../rig/patience.ts";
import { type Ran, type Stint, until } from "../rig/stint.ts";

/** Puts something hostile at a path, where the text of what belongs there is known. */
export type Put = (path: string, good: string) => void;

function replaced(path: string, put: () => void): void {
  rmSync(path, { recursive: true, force: true });
  put();
}

const written =
  (change: (good: string) => string): Put =>
  (path, good) =>
    replaced(path, () => writeFileSync(path, change(good)));

const made =
  (...command: string[]): Put =>
  (path) =>
    replaced(path, () => {
      if (Bun.spawnSync([...command, path]).exitCode !== 0) throw new Error(`${command.join(" ")} fails`);
    });

/** Binds a socket and leaves its name behind; Bun removes the name when it closes one itself. */
const SOCKET =
  "import socket,sys,os\nos.chdir(os.path.dirname(sys.argv[1]))\nsocket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))";

/** What may stand in the place of a file; all of it is invalid. */
export const SHAPES: Readonly<Record<string, Put>> = {
  empty: written(() => ""),
  truncated: written((good) => good.slice(0, good.length / 2)),
  binary: (path) => replaced(path, () => writeFileSync(path, Buffer.from([0, 0xff, 0xfe, 0x80, 10, 0]))),
  "of another schema": written(() => '{"formatVersion": 1, "status": {"state": 5}, "metadata": []}'),
  "a FIFO": made("mkfifo"),
  "a socket": made("python3", "-c", SOCKET),
  "a folder": (path) => replaced(path, () => mkdirSync(join(path, "more"), { recursive: true })),
  "a link to a file outside": (path) => replaced(path, () => symlinkSync("/etc/passwd", path)),
  "a link to nowhere": (path) => replaced(path, () => symlinkSync("nowhere", path)),
  "a link to itself": (path) => replaced(path, () => symlinkSync(path, path)),
  "a link to a device without end": (path) => replaced(path, () => symlinkSync("/dev/zero", path)),
};

/** What a supervisor logs at its start on a damaged home, and a little more; a busy loop exceeds it at once. */
const MAX_LOG_BYTES = 20_000;

/** The exit codes of `stint help exit-codes`; 70 is for bugs. */
const CODES: readonly number[] = Object.values(EXIT).filter((code) => code !== EXIT.internal);

/** Runs a verb that must end by itself, with a code of the table and in words. */
export async function survives(stint: Stint, args: readonly string[], input?: string): Promise<Ran> {
  const child = stint.start(args, input === undefined ? {} : { input });
  const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(killer);
  checkWords(args, { code, out, err });
  return { code, out, err };
}

function checkWords(args: readonly string[], { code, out, err }: Ran): void {
  const said = `stint ${args.join(" ")} ended with ${code}: ${err}${out}`;
  if (!CODES.includes(code)) throw new Error(`no code of the table: ${said}`);
  if (/\n\s+at |Internal error|\[object/.test(err + out)) throw new Error(`not in words: ${said}`);
  const known = [...err.matchAll(/\[([A-Z_]{4,})\]/g)].map(([, name]) => name ?? "");
  if (known.some((name) => !(name in ERRORS))) throw new Error(`an unknown error: ${said}`);
}

/** Has a supervisor at work until something has come true or it has left by itself; gives its code and what it said. */
export async function supervised(stint: Stint, isDone: () => boolean, jobs = 4): Promise<Ran> {
  const child = stint.start(["up", "--jobs", String(jobs)]);
  try {
    const isUp = (): boolean => stint.owner()?.["pid"] === child.pid;
    await until("the supervisor has done it or left", () => child.exitCode !== null || (isUp() && isDone()));
    // Long enough for one that loops to say so a thousand times.
    if (child.exitCode === null) await Bun.sleep(200);
  } finally {
    if (child.exitCode === null) child.kill("SIGTERM");
  }
  const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(killer);
  checkWords(["up"], { code, out, err });
  if (out.length > MAX_LOG_BYTES)
    throw new Error(`the supervisor's log grew to ${out.length} bytes: ${out.slice(-500)}`);
  return { code, out, err };
}

/** What a path holds, without following or opening anything that is no file; null for nothing. */
export function fingerprint(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const content = stat.isFile() ? readFileSync(path).toString("hex") : "";
  return `${stat.ino} ${stat.mode.toString(8)} ${content}`;
}

/** Where the thing of a fingerprint is now: at its place, or put aside in one of some folders. */
export function isKept(stint: Stint, print: string, folders: readonly string[]): boolean {
  return folders.some((folder) =>
    stint.files(folder).some((name) => fingerprint(join(stint.home, folder, name)) === print),
  );
}

/** The text of a good record under another number and name. */
export function recordOf(good: string, { from, to }: { from: string; to: string }): string {
  const number = Number(to.slice(0, to.indexOf("-")));
  return good
    .replaceAll(from, to)
    .replace(/"number": \d+/, `"number": ${number}`)
    .replace(/"uid": "[^"]*"/, `"uid": "uid-${to}"`);
}
