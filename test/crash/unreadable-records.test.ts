import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInject, strike } from "../rig/faults.ts";
import { Stint, until } from "../rig/stint.ts";

test.skipIf(!canInject)(
  "a failed task whose record cannot be opened for a while is not said to be gone, and is retried afterwards",
  async () => {
    await using stint = new Stint();
    await stint.run(["run", "--name", "job", "--", "false"]);
    const supervisor = await stint.up();
    const path = join(stint.home, "dead-letter", "000001-job.json");
    {
      const fault = { call: "openat,open", error: "EMFILE", path };
      await using _fault = await strike(stint, supervisor.pid, fault);
      const { code, err } = await stint.run(["retry", "1"]);
      expect({ code, err }).toEqual({
        code: 7,
        err: expect.stringContaining('Cannot read the record of "000001-job": EMFILE') as string,
      });
    }
    expect(await stint.ok("retry", "1")).toContain("000001-job queued");
  },
);

test.skipIf(!canInject)(
  "a queued task whose record cannot be opened holds up no other, is told of, and runs afterwards",
  async () => {
    await using stint = new Stint();
    const go = join(stint.root, "go");
    await stint.ok("submit", "--", "sh", "-c", `until test -e ${go}; do sleep 0.05; done`);
    await stint.ok("submit", "--name", "bad", "--", "true");
    await stint.ok("submit", "--", "true");
    const supervisor = await stint.up("--jobs", "1");
    await stint.reach(1, "running");
    const path = join(stint.home, "pending", "000002-bad.json");
    {
      await using _fault = await strike(stint, supervisor.pid, { call: "openat,open", error: "EIO", path });
      writeFileSync(go, "");
      await stint.reach(3, "completed");
      expect(await stint.ok("explain", "2")).toContain('Cannot read the record of "000002-bad": EIO');
      expect((await stint.run(["hold", "2"])).err).toContain("EIO");
    }
    await stint.reach(2, "completed");
    await until("nothing is told any more", () => !stint.files(".").includes("obstacle.json"));
  },
);
