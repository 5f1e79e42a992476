import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const STRANGER = 12_345;
const AS_STRANGER = ["setpriv", "--reuid", String(STRANGER), "--regid", String(STRANGER), "--clear-groups"];
const canBeStranger = process.getuid?.() === 0 && Bun.spawnSync([...AS_STRANGER, "true"]).success;

/** A home below a folder that every user may enter, as a home below /home is. */
async function inTheOpen(): Promise<Stint> {
  const stint = new Stint();
  chmodSync(stint.root, 0o755);
  await stint.ok("submit", "--hold", "--", "true");
  chmodSync(stint.home, 0o755);
  return stint;
}

function asStranger(stint: Stint, script: string): void {
  const { exitCode, stderr } = Bun.spawnSync([...AS_STRANGER, "sh", "-ec", script], { cwd: stint.root });
  if (exitCode !== 0) throw new Error(stderr.toString());
}

const VERBS = [["submit", "--", "true"], ["up"], ["drain"], ["run", "--", "true"], ["ls"], ["cancel", "1"]];

test.skipIf(!canBeStranger).concurrent.each<readonly [string, (stint: Stint) => string, string]>([
  [
    "that others may write to",
    ({ home }) => {
      chmodSync(home, 0o777);
      return home;
    },
    "chmod go-w",
  ],
  [
    "in a folder that others may write to",
    ({ root, home }) => {
      chmodSync(root, 0o777);
      return home;
    },
    "chmod go-w",
  ],
  [
    "of another user",
    ({ home }) => {
      chownSync(home, STRANGER, STRANGER);
      return home;
    },
    `sudo -u '#${STRANGER}' stint`,
  ],
  [
    "that is another user's link to another user's folder",
    (stint) => {
      chmodSync(stint.root, 0o1777);
      asStranger(stint, "mkdir theirs; ln -s theirs link");
      return join(stint.root, "link");
    },
    "is a link of user 12345",
  ],
])("a home %s is refused with advice, and nothing is written there", async (_which, spoil, advice) => {
  await using stint = await inTheOpen();
  const home = spoil(stint);
  const before = Bun.spawnSync(["find", "-H", home, "-printf", "%p %T@\n"]).stdout.toString();
  for (const args of VERBS) {
    const { code, err } = await stint.run(args, { env: { STINT_HOME: home } });
    // `run` says 1 to 124 of its job alone.
    expect([args, code, err]).toEqual([args, args[0] === "run" ? 125 : 7, expect.stringContaining(advice)]);
  }
  expect((await stint.run(["doctor", "--home", home])).out).toContain(advice);
  expect(Bun.spawnSync(["find", "-H", home, "-printf", "%p %T@\n"]).stdout.toString()).toBe(before);
});

test.skipIf(!canBeStranger)(
  "a folder of a home that other users may write to keeps the supervisor from starting",
  async () => {
    await using stint = await inTheOpen();
    for (const folder of ["inbox", "pending", "runs", "numbers", "index/names", "inbox/.taking"]) {
      const path = join(stint.home, folder);
      mkdirSync(path, { recursive: true, mode: 0o700 });
      chmodSync(path, 0o777);
      for (const args of [["up"], ["drain"], ["submit", "--", "true"]])
        expect(await stint.run(args)).toMatchObject({
          code: 7,
          err: expect.stringContaining(`chmod go-w ${path}`),
        });
      expect(await stint.run(["doctor"])).toMatchObject({ code: 1, out: expect.stringContaining(path) });
      chmodSync(path, 0o700);
    }
  },
);

test.skipIf(!canBeStranger)(
  "a job is not started in a run folder that others may write to, and the reason has the advice",
  async () => {
    await using stint = await inTheOpen();
    const run = join(stint.home, "runs", "000001-true");
    mkdirSync(run, { mode: 0o777 });
    chmodSync(run, 0o777);
    await stint.ok("set", "1", "retries=0");
    await stint.ok("release", "1");
    expect((await stint.run(["drain"])).code).toBe(1);
    const { attempts } = stint.record(1).status;
    expect(attempts.map(({ failure }) => failure?.error)).toEqual([
      expect.stringContaining(`chmod go-w ${run}`),
    ]);
    expect(readdirSync(run)).toEqual([]);
    chmodSync(run, 0o700);
    await stint.ok("retry", "1");
    expect((await stint.run(["drain"])).code).toBe(0);
  },
);

test.skipIf(!canBeStranger)(
  "a supervisor leaves a home alone while other users may write to it",
  async () => {
    await using stint = await inTheOpen();
    const supervisor = await stint.up();
    chmodSync(stint.home, 0o777);
    asStranger(
      stint,
      "cd home; mv inbox aside; mkdir inbox; echo 'run: id -u > /proc/self/cwd/owned' > inbox/job.yaml",
    );
    await until("it is on record", () => existsSync(join(stint.home, "obstacle.json")));
    chmodSync(stint.home, 0o755);
    expect((await stint.run(["doctor"])).out).toContain(
      `"${stint.home}/inbox" of the home: it belongs to user ${STRANGER}`,
    );
    renameSync(join(stint.home, "inbox"), join(stint.root, "theirs"));
    renameSync(join(stint.home, "aside"), join(stint.home, "inbox"));
    await stint.ok("submit", "--wait", "--", "true");
    expect(existsSync(join(stint.root, "owned"))).toBeFalse();
    expect(stint.records()).toHaveLength(2);
    supervisor.kill("SIGTERM");
    expect(await new Response(supervisor.stdout).text()).toContain(
      `others may write in it (mode 777), wanted you alone`,
    );
  },
);

test.skipIf(!canBeStranger)(
  "files of other users are refused in an inbox, and an inbox that other users may write to is left alone",
  async () => {
    await using stint = await inTheOpen();
    const [shared, own] = [join(stint.root, "shared"), join(stint.home, "inbox")];
    writeFileSync(join(stint.home, "config.yaml"), `inboxes: [${shared}]\n`);
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    const supervisor = await stint.up();
    asStranger(stint, "echo 'run: id > /proc/self/cwd/owned' > shared/job.yaml");
    writeFileSync(join(shared, "mine.yaml"), "run: 'true'\n");
    writeFileSync(join(own, "theirs.yaml"), "run: id > /proc/self/cwd/owned\n");
    chownSync(join(own, "theirs.yaml"), STRANGER, STRANGER);
    await until("it is refused", () => stint.files("inbox/.rejected").includes("theirs.yaml.error.txt"));
    expect(stint.textOf("home/inbox/.rejected/theirs.yaml.error.txt")).toContain(
      "it belongs to user 12345, wanted a file of your own",
    );
    const said = `the inbox "${shared}" is left alone: others may write in it (mode 777), wanted you alone; chmod go-w ${shared}`;
    expect((await stint.run(["doctor"])).out).toContain(said);
    expect(stint.records()).toHaveLength(1);
    rmSync(join(shared, "job.yaml"));
    mkdirSync(join(shared, ".taking"));
    chmodSync(join(shared, ".taking"), 0o777);
    chmodSync(shared, 0o755);
    expect((await stint.run(["doctor"])).out).toContain(
      `the inbox "${shared}" is left alone: of "${shared}/.taking": others may write in it`,
    );
    chmodSync(join(shared, ".taking"), 0o700);
    await stint.reach(2, "completed");
    expect(existsSync(join(stint.root, "owned"))).toBeFalse();
    supervisor.kill("SIGTERM");
    expect(await new Response(supervisor.stdout).text()).toContain(said);
  },
);
