import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { checkInvariants } from "./sweep.ts";

/** Mounting needs root, and a sandbox may refuse it even so. */
const canMount =
  userInfo().uid === 0 &&
  Bun.spawnSync(["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d"]).exitCode === 0;

test.skipIf(!canMount)(
  "a supervisor on a full disk keeps its jobs, starts nothing, and goes on by itself when there is room",
  async () => {
    await using stint = new Stint();
    mkdirSync(stint.home);
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", stint.home]);
    expect(mounted.exitCode).toBe(0);
    try {
      await stint.up("--jobs", "1");
      await stint.ok("submit", "--name", "first", "--", "sh", "-c", "sleep 1; exit 3");
      await stint.ok("submit", "--name", "second", "--", "true");
      await stint.reach(1, "running");
      fill(stint);
      expect((await stint.run(["submit", "--", "true"])).code).toBe(7);
      await Bun.sleep(2_500);
      // The first has ended meanwhile; its end cannot be written yet, so nothing takes its place.
      expect(stint.record(1).status.state).toBe("running");
      expect(stint.record(2).status.state).toBe("queued");
      expect((await stint.run(["doctor"])).code).toBe(1);
      expect((await stint.run(["ls"])).err).toContain("The disk of the home is full");
      Bun.spawnSync(["rm", join(stint.home, "filler")]);
      const { status } = await stint.reach(1, "failed");
      expect(status.attempts.map(({ exitCode }) => exitCode)).toEqual([3]);
      await stint.reach(2, "completed");
      await stint.ok("down");
      checkInvariants(stint, []);
      expect((await stint.run(["audit", "verify"])).code).toBe(0);
    } finally {
      Bun.spawnSync(["umount", "-l", stint.home]);
    }
  },
);

function fill(stint: Stint): void {
  const filler = join(stint.home, "filler");
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=1k", "count=2048"], { stderr: "ignore" });
}
