import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { PROGRAMS } from "../rig/surroundings.ts";

/**
 * A mount namespace that looks like a machine with systemd: version 2 alone, not ours to change, with controllers (in
 * a file of ours), and the socket of a manager. $1 is an empty folder, $2 the file.
 */
const SYSTEMD = [
  "set -e",
  `mount --bind /sys/fs/cgroup/unified "$1"`,
  "umount -l /sys/fs/cgroup",
  `mount --move "$1" /sys/fs/cgroup`,
  `mount --bind "$2" /sys/fs/cgroup/cgroup.controllers`,
  "mount -o remount,bind,ro /sys/fs/cgroup",
  "mount -t tmpfs none /run",
  "mkdir /run/systemd",
  ": >/run/systemd/private",
  "shift 2",
  `exec "$@"`,
].join("\n");

/** It becomes what it was told to run, as the real one does inside a scope; or it fails, as without a bus. */
const WORKS = `#!/bin/sh\nprintf '%s\\n' "$@" >"$0.called"\nwhile test "$1" != --; do shift; done\nshift\nexec "$@"\n`;
const FAILS = "#!/bin/sh\necho 'Failed to connect to bus: No such file or directory' >&2\nexit 1\n";

function withSystemd(
  folder: string,
  {
    command,
    systemdRun,
    env,
  }: { command: readonly string[]; systemdRun: string; env: Record<string, string> },
): { code: number | null; text: string } {
  const [empty, bin, controllers] = ["empty", "bin", "controllers"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [empty, bin]) mkdirSync(directory, { recursive: true });
  writeFileSync(controllers, "cpu memory pids\n");
  writeFileSync(join(bin, "systemd-run"), systemdRun, { mode: 0o755 });
  const namespace = ["unshare", "--mount", "sh", "-c", SYSTEMD, "sh", empty, controllers];
  const { exitCode, stdout, stderr } = Bun.spawnSync([...namespace, ...command], {
    env: { ...env, PATH: `${bin}:${env["PATH"] ?? ""}` },
  });
  return { code: exitCode, text: `${stdout.toString()}${stderr.toString()}` };
}

function canBeFaked(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "stint-probe-"));
  const env = { PATH: PROGRAMS };
  const { code } = withSystemd(folder, { command: ["true"], systemdRun: WORKS, env });
  rmSync(folder, { recursive: true, force: true });
  return code === 0;
}

const isFaked = process.getuid?.() === 0 && canBeFaked();
const drain = [join("dist", "stint"), "drain"];

describe.skipIf(!isFaked)("limits through systemd (a fake one, where a mount namespace can be made)", () => {
  const yaml = "run: echo ran\nlimits: { memory: 64MiB, pids: 9 }\nretry: { maxAttempts: 1 }\n";
  const queue = async (stint: Stint): Promise<void> => {
    const task = yaml.replace("64MiB, pids: 9", "64MiB, pids: 9, bestEffort: true");
    expect((await stint.run(["submit", "-"], { input: task })).code).toBe(0);
  };

  test("a job runs in a scope that systemd-run makes", async () => {
    await using stint = new Stint();
    await queue(stint);
    const done = withSystemd(stint.root, { command: drain, systemdRun: WORKS, env: stint.env });
    expect(done).toMatchObject({ code: 0 });
    const [attempt] = stint.record(1).status.attempts;
    expect(attempt).toMatchObject({ state: "completed", logTail: "ran" });
    expect(attempt?.unenforced).toBeUndefined();
    const called = stint.textOf("bin/systemd-run.called");
    expect(called).toStartWith(`--scope\n--quiet\n--collect\n--unit=stint-${attempt?.token}.scope\n`);
    expect(called).toContain("\nMemoryMax=67108864\n-p\nMemorySwapMax=0\n-p\nTasksMax=10\n--\n");
  });

  test("a systemd-run that makes no scope is no failure of the job, and its reason is in the log", async () => {
    await using stint = new Stint();
    await queue(stint);
    withSystemd(stint.root, { command: drain, systemdRun: FAILS, env: stint.env });
    const [attempt] = stint.record(1).status.attempts;
    expect(attempt?.failure).toMatchObject({ class: "infrastructure", code: "RUNTIME_ERROR" });
    expect(attempt?.logTail).toContain("Failed to connect to bus");
  });

  test("doctor names systemd as the way limits are enforced", async () => {
    await using stint = new Stint();
    const command = [join("dist", "stint"), "doctor"];
    const { text } = withSystemd(stint.root, { command, systemdRun: WORKS, env: stint.env });
    expect(text).toContain("limits.memory, limits.cpus, limits.pids are enforced through scopes of systemd");
  });
});
