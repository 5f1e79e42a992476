import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BoundedProcess, runBounded } from "../../src/lib/bounded-process.ts";
import { until } from "../rig/stint.ts";
import { TempDirectory } from "../rig/temp-home.ts";

/** Longer than any test. */
const NEVER_MS = 600_000;

function run(script: string, order: Partial<BoundedProcess> = {}): ReturnType<typeof runBounded> {
  const argv = ["/bin/sh", "-c", script];
  return runBounded({ argv, cwd: "/", env: {}, timeoutMs: NEVER_MS, outputBytes: 1_000, ...order });
}

/** A script that starts another, says so in a file, and does not end. */
const FAMILY = "sleep 600 & echo $! >child.new; mv child.new child; wait";

function childOf(place: TempDirectory): number {
  return Number(readFileSync(join(place.path, "child"), "utf8"));
}

/** Waits until the child of that script is gone. */
async function childGone(place: TempDirectory): Promise<void> {
  const child = childOf(place);
  const state = (): string | undefined => {
    const stat = existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, "utf8") : "";
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  };
  await until("the child is gone", () => [undefined, "Z"].includes(state()));
}

describe("runBounded()", () => {
  test("gives the code and both outputs, to the end of what the process left running", async () => {
    const end = await run("echo one; echo two >&2; (sleep 0.05; echo three) & exit 3");
    expect(end).toEqual({ how: "ended", code: 3, out: "one\nthree\n", err: "two\n" });
  });

  test("gives no code where a signal took it", async () => {
    expect(await run("kill -9 $$")).toMatchObject({ how: "ended", code: null });
  });

  test("says why it could not start the process", async () => {
    const end = await run("", { argv: ["/not/there"] });
    expect(end).toEqual({ how: "notStarted", error: expect.stringContaining("/not/there") });
  });

  test("kills a process that prints more than the limit", async () => {
    expect(await run("while :; do echo much; done")).toMatchObject({ how: "ended", code: null });
  });

  test("waits for the process alone where no output is read", async () => {
    await using place = new TempDirectory();
    const end = await run("sleep 600 & echo $! >child", { cwd: place.path, outputBytes: null });
    expect(end).toMatchObject({ how: "ended", code: 0 });
    expect(process.kill(childOf(place), "SIGKILL")).toBeTrue();
  });

  test("kills a process that takes too long, with its children", async () => {
    await using place = new TempDirectory();
    expect(await run(FAMILY, { cwd: place.path, timeoutMs: 1_000 })).toEqual({ how: "hung" });
    await childGone(place);
  });

  test("kills a process when it is aborted, with its children", async () => {
    await using place = new TempDirectory();
    const abort = new AbortController();
    const ended = run(FAMILY, { cwd: place.path, signal: abort.signal });
    await until("it is there", () => existsSync(join(place.path, "child")));
    abort.abort();
    expect(await ended).toEqual({ how: "aborted" });
    await childGone(place);
  });
});
