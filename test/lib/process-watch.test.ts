import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type ProcessIdentity, startTimeOf, statFields } from "../../src/lib/host.ts";
import { ProcessWatch } from "../../src/lib/process-watch.ts";
import { until } from "../rig/stint.ts";

const isLinux = process.platform === "linux";
const own = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };

/** A process that is no child of ours, and ends when it is told to. */
async function stranger(): Promise<{
  identity: ProcessIdentity;
  parent: Bun.Subprocess<"pipe">;
  end: () => void;
}> {
  // `exec` leaves a parent that never waits for the child it was born with.
  const line = "exec 3<&0; (read line <&3) & echo $!; exec sleep 60";
  const parent = Bun.spawn(["/bin/sh", "-c", line], { stdin: "pipe", stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  await until("the shell is gone", () => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n");
  return { identity: { pid, startTime: startTimeOf(pid) ?? "" }, parent, end: () => void parent.stdin.end() };
}

const held = (): number =>
  readdirSync("/proc/self/fd").filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`).includes("pidfd");
    } catch {
      return false;
    }
  }).length;

describe("a ProcessWatch", () => {
  test("reports at the next look which processes have ended, zombies and reaped ones alike", async () => {
    using watch = new ProcessWatch();
    const { identity, parent, end } = await stranger();
    for (let looks = 0; looks < 3; looks += 1) {
      watch.refresh();
      expect([watch.isAlive(identity), watch.isAlive(own)]).toEqual([true, true]);
    }
    expect([watch.hasEnded, watch.isWatched(identity)]).toEqual([false, isLinux]);
    end();
    await until(
      "it is a zombie",
      () => statFields(readFileSync(`/proc/${identity.pid}/stat`, "utf8"))[0] === "Z",
    );
    expect([watch.hasEnded, watch.isAlive(identity)]).toEqual([isLinux, isLinux]);
    watch.refresh();
    expect([watch.isAlive(identity), watch.isAlive(own)]).toEqual([false, true]);
    parent.kill("SIGKILL");
    await parent.exited;
    await until("it is gone", () => startTimeOf(identity.pid) === null);
    watch.refresh();
    expect([watch.isAlive(identity), watch.isAlive(own)]).toEqual([false, true]);
    using other = new ProcessWatch();
    expect(other.isAlive(identity)).toBeFalse();
  });

  test("identifies a process by more than its pid", () => {
    using watch = new ProcessWatch();
    expect(watch.isAlive({ ...own, startTime: `${own.startTime}0` })).toBeFalse();
    expect(watch.isAlive({ ...own, startTime: "unknown" })).toBeFalse();
    watch.refresh();
    expect(watch.isAlive({ ...own, startTime: "unknown" })).toBeFalse();
  });

  test.skipIf(!isLinux)("keeps nothing of a process that is not watched any more", () => {
    const before = held();
    const watch = new ProcessWatch();
    watch.isAlive(own);
    watch.isAlive({ ...own, startTime: "unknown" });
    expect(held()).toBe(before + 1);
    watch.refresh();
    watch.isAlive(own);
    expect(held()).toBe(before + 1);
    watch.refresh();
    watch.refresh();
    expect(held()).toBe(before);
    watch.isAlive(own);
    watch[Symbol.dispose]();
    expect(held()).toBe(before);
  });
});
