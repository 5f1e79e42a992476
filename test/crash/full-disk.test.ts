import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";
import { checkInvariants } from "./sweep.ts";

/** Mounting needs root, and a sandbox may refuse it even so. */
const canMount =
  userInfo().uid === 0 &&
  Bun.spawnSync(["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d"]).exitCode === 0;

test.skipIf(!canMount)(
  "a supervisor on a full disk keeps its jobs, starts nothing, and resumes by itself when there is room",
  async () => {
    await using stint = new Stint();
    mkdirSync(stint.home);
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", stint.home]);
    expect(mounted.exitCode).toBe(0);
    try {
      const supervisor = await stint.up("--jobs", "1");
      const untilGo = "until test -e $HOME/go; do sleep 0.05; done";
      await stint.ok("submit", "--name", "first", "--", "sh", "-c", `${untilGo}; exit 3`);
      await stint.ok("submit", "--name", "second", "--", "true");
      await stint.reach(1, "running");
      // Names need no room of their own here: a file that is moved in is there, however full the disk is.
      const dropped = join(stint.home, "dropped.yaml");
      writeFileSync(dropped, "name: dropped\nrun: 'true'\n");
      fill(stint);
      const before = recordTexts(stint);
      for (const args of [
        ["submit", "--", "true"],
        ["cancel", "2"],
        ["set", "2", "priority=7"],
      ]) {
        const { code, out, err } = await stint.run(args);
        expect({ code, out }).toEqual({ code: 7, out: "" });
        expect(err).toContain("no room left on the disk (ENOSPC");
        expect(err).toContain(stint.home);
        expect(err).toContain("free some room");
      }
      renameSync(dropped, join(stint.home, "inbox", "dropped.yaml"));
      writeFileSync(join(stint.root, "go"), "");
      await Bun.sleep(2_500);
      // The first has ended meanwhile; its end cannot be written yet, so nothing takes its place.
      expect(supervisor.exitCode).toBeNull();
      expect(recordTexts(stint)).toEqual(before);
      expect(stint.record(1).status.state).toBe("running");
      expect(stint.record(2).status.state).toBe("queued");
      expect((await stint.run(["doctor"])).code).toBe(1);
      expect((await stint.run(["ls"])).err).toContain("The disk of the home is full");
      rmSync(join(stint.home, "filler"));
      const { status } = await stint.reach(1, "failed");
      expect(status.attempts.map(({ exitCode }) => exitCode)).toEqual([3]);
      await stint.reach(2, "completed");
      await until("the file was taken", () => stint.records().length === 3);
      expect(stint.records().at(-1)?.metadata["name"]).toBe("dropped");
      await stint.reach(stint.records().at(-1)?.metadata.number ?? 0, "completed");
      expect(stint.files("inbox/.accepted")).toEqual(["dropped.yaml"]);
      await stint.ok("down");
      checkInvariants(stint, []);
      expect((await stint.run(["audit", "verify"])).code).toBe(0);
    } finally {
      Bun.spawnSync(["umount", "-l", stint.home]);
    }
  },
);

test.skipIf(!canMount)(
  "every verb that writes refuses a read-only file system, and those that read report it",
  async () => {
    await using stint = new Stint();
    mkdirSync(stint.home);
    expect(Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", stint.home]).exitCode).toBe(0);
    try {
      await stint.ok("submit", "--hold", "--", "true");
      const before = recordTexts(stint);
      expect(Bun.spawnSync(["mount", "-o", "remount,ro", stint.home]).exitCode).toBe(0);
      const refused = [
        ["submit", "--", "true"],
        ["cancel", "1"],
        ["clean"],
        ["up"],
        ["up", "--detach"],
        ["drain"],
      ];
      for (const args of refused) {
        const { code, out, err } = await stint.run(args);
        expect({ args, code, out }).toEqual({ args, code: 7, out: "" });
        expect(err).toContain("EROFS");
        expect(err).toContain(stint.home);
        expect(err).toContain("mount it writable");
      }
      expect((await stint.run(["run", "--", "true"])).code).toBe(125);
      const listed = await stint.run(["ls"]);
      expect(listed.code).toBe(0);
      expect(listed.out).toContain("true");
      expect(listed.err).toContain("the file system is read-only");
      const doctor = await stint.run(["doctor"]);
      expect(doctor.code).toBe(1);
      expect(doctor.out).toContain("the file system is read-only");
      expect(recordTexts(stint)).toEqual(before);
      expect(Bun.spawnSync(["mount", "-o", "remount,rw", stint.home]).exitCode).toBe(0);
      await stint.ok("cancel", "1");
    } finally {
      Bun.spawnSync(["umount", "-l", stint.home]);
    }
  },
);

/** Every record byte for byte; whole, or it would not parse. */
function recordTexts(stint: Stint): string[] {
  return ["pending", "running", "done", "dead-letter"].flatMap((place) =>
    stint.files(place).map((name) => {
      const text = readFileSync(join(stint.home, place, name), "utf8");
      JSON.parse(text);
      return text;
    }),
  );
}

function fill(stint: Stint): void {
  const filler = join(stint.home, "filler");
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=1k", "count=2048"], { stderr: "ignore" });
}
