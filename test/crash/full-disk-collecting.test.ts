import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Mounting needs root, and a sandbox may refuse it even so. */
const canMount =
  userInfo().uid === 0 &&
  Bun.spawnSync(["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d"]).exitCode === 0;

/** A home with two MiB, and a job that leaves twelve beside it. */
async function withSmallDisk(work: (stint: Stint) => Promise<void>): Promise<void> {
  await using stint = new Stint();
  mkdirSync(stint.home);
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", stint.home]);
  expect(mounted.exitCode).toBe(0);
  try {
    await work(stint);
  } finally {
    await stint.killSupervisors();
    Bun.spawnSync(["umount", "-l", stint.home]);
  }
}

const JOB = ["submit", "--name", "train", "--artifacts", "*.pt", "--", "sh", "-c"] as const;
const MANIFEST = "runs/000001-train/1/run_manifest.json";

test.skipIf(!canMount)(
  "a model that does not fit beside the queue stays where it is, and the record says so",
  async () => {
    await withSmallDisk(async (stint) => {
      await stint.up();
      await stint.ok(...JOB, "head -c 12m /dev/urandom > big.pt; echo 1 > small.pt");
      const { status } = await stint.reach(1, "completed");
      const big = join(stint.root, "big.pt");
      expect(status.attempts[0]).toMatchObject({
        artifacts: { count: 1, bytes: 2 },
        notes: [`big.pt was not copied: the disk is full; it is still ${big}`],
      });
      expect([statSync(big).size, existsSync(join(stint.home, "runs/000001-train/1/artifacts.new"))]).toEqual(
        [12 * 2 ** 20, false],
      );
    });
  },
);

test.skipIf(!canMount)(
  "what a full disk refuses while results are collected is collected once there is room",
  async () => {
    await withSmallDisk(async (stint) => {
      await stint.up();
      await stint.ok(...JOB, "until test -e go; do sleep 0.05; done; echo 1 > small.pt");
      await stint.reach(1, "running");
      const filler = join(stint.home, "filler");
      Bun.spawnSync(["sh", "-c", `cat /dev/zero > ${filler}; true`], { stderr: "ignore" });
      writeFileSync(join(stint.root, "go"), "");
      await until("the supervisor tells of it", () => existsSync(join(stint.root, "small.pt")));
      rmSync(filler);
      const { status } = await stint.reach(1, "completed");
      expect(status.attempts[0]).toMatchObject({ artifacts: { count: 1, bytes: 2 } });
      expect(status.attempts[0]?.notes).toBeUndefined();
      expect(readFileSync(join(stint.home, MANIFEST), "utf8")).toContain('"path": "small.pt"');
    });
  },
);
