import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

/** What cron did, or why it was not tried. */
type Crontab =
  | { readonly skipped: string }
  | { readonly minutes: number; readonly faults: readonly string[] };

/** Two crontab lines that begin in the same second, and a third that joins; a job takes longer than a drain's look. */
const LINES = (stint: string): string[] => [
  `* * * * * ${stint} submit --quiet --unique tick --name tick -- sh -c 'echo $STINT_TASK_ID >> $HOME/ticks; sleep 2' 2>> $HOME/talk >/dev/null && ${stint} drain --quiet >> $HOME/talk 2>&1; echo $? >> $HOME/ends`,
  `* * * * * ${stint} drain --quiet --for 20s >> $HOME/talk 2>&1; echo $? >> $HOME/ends`,
];

/**
 * Runs Debian's cron with a crontab of submits and drains for some minutes, in a mount namespace of its own, so that no
 * crontab of the machine is seen or touched. Wants root, and the package where cron is not installed.
 */
export async function crontab(minutes: number): Promise<Crontab> {
  if (userInfo().uid !== 0) return { skipped: "only root can start cron" };
  const folder = mkdtempSync(join(tmpdir(), "stint-cron-"));
  try {
    const cron = cronIn(folder);
    if (cron === null) return { skipped: "there is no cron, and no Debian package of it to be had" };
    await using stint = new Stint();
    await runCron(stint, { cron, folder, minutes });
    return { minutes, faults: faultsOf(stint, minutes) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cronIn(folder: string): string | null {
  if (existsSync("/usr/sbin/cron")) return "/usr/sbin/cron";
  Bun.spawnSync(["apt-get", "download", "cron"], { cwd: folder, stdout: "ignore", stderr: "ignore" });
  const packed = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (packed === undefined) return null;
  Bun.spawnSync(["dpkg-deb", "-x", packed, "."], { cwd: folder });
  const path = join(folder, "usr/sbin/cron");
  return existsSync(path) ? path : null;
}

/** cron(8) of Debian: the crontab must be root's own, with mode 0600, in a folder that is there when cron starts. */
async function runCron(
  stint: Stint,
  { cron, folder, minutes }: { cron: string; folder: string; minutes: number },
): Promise<void> {
  const table = join(folder, "crontab");
  const head = [`HOME=${stint.root}`, `STINT_HOME=${stint.home}`, 'MAILTO=""'];
  writeFileSync(table, `${[...head, ...LINES(stint.executable)].join("\n")}\n`);
  const own = [
    "mount -t tmpfs tmpfs /var/spool",
    "mkdir -p /var/spool/cron/crontabs",
    "chmod 1730 /var/spool/cron/crontabs",
    `cp ${table} /var/spool/cron/crontabs/root`,
    "chmod 600 /var/spool/cron/crontabs/root",
    "for place in /etc/cron.d /run; do [ ! -d $place ] || mount -t tmpfs tmpfs $place; done",
    "[ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab",
    `exec ${cron} -f`,
  ];
  const child = Bun.spawn(["unshare", "--mount", "sh", "-ec", own.join("\n")], {
    stdout: "inherit",
    stderr: "inherit",
  });
  // A little past the full minute, when all that the last one began is over.
  await Bun.sleep(minutes * 60_000 + 20_000);
  child.kill("SIGTERM");
  await child.exited;
}

function faultsOf(stint: Stint, minutes: number): string[] {
  const faults: string[] = [];
  const demand = (isTrue: boolean, fault: string): void => {
    if (!isTrue) faults.push(fault);
  };
  const records = stint.records();
  demand(
    records.length >= minutes - 1 && records.length <= minutes + 1,
    `${records.length} tasks in ${minutes} minutes`,
  );
  for (const { metadata, status } of records) {
    demand(status.state === "completed", `${metadata.id} is ${status.state}`);
    demand(status.attempts.length === 1, `${metadata.id} has ${status.attempts.length} attempts`);
  }
  const ticks = stint
    .textOf("ticks")
    .split("\n")
    .filter((line) => line !== "");
  demand(
    new Set(ticks).size === ticks.length && ticks.length === records.length,
    `began: ${ticks.join(" ")}`,
  );
  demand(stint.textOf("talk") === "", `it said: ${stint.textOf("talk")}`);
  const ends = stint
    .textOf("ends")
    .split("\n")
    .filter((line) => line !== "");
  demand(
    ends.length >= 2 * records.length && ends.every((code) => code === "0"),
    `ended with ${ends.join(" ")}`,
  );
  const audit = readFileSync(join(stint.home, "audit.ndjson"), "utf8");
  demand(!audit.includes("reconciled"), "something was reconciled, though nothing was killed");
  return faults;
}
