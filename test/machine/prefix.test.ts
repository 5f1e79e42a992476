import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LimitBackend } from "../../src/machine/limit-backend.ts";
import { limitPrefix } from "../../src/machine/prefix.ts";
import { FakeMachine } from "./rig.ts";

const NONE: LimitBackend = { type: "none", controllers: [], why: "", own: null };
/** It notes its arguments and becomes what stands behind `--`, as the real one does in a scope. */
const FAKE = `#!/bin/sh
printf '%s\\n' "$XDG_RUNTIME_DIR" "$DBUS_SESSION_BUS_ADDRESS" "$@" >"$0.called"
while test "$1" != --; do case $1 in --setenv=*) export "\${1#--setenv=}";; esac; shift; done
shift
exec "$@"
`;

function systemdOn(machine: FakeMachine): Extract<LimitBackend, { type: "systemd" }> {
  machine.unified("/a", { controllers: "", procs: "1\n" });
  machine.systemd("cpu memory pids", FAKE);
  const backend = machine.probe();
  if (backend.type !== "systemd") throw new Error(`got ${backend.type}`);
  return backend;
}

function runJob(
  prefix: readonly string[],
  job: readonly string[],
  env: Record<string, string>,
): Bun.SyncSubprocess {
  return Bun.spawnSync([...prefix, ...job], { env, stderr: "pipe" });
}

describe("limitPrefix()", () => {
  const job = { token: "t", directory: "/d", groups: [], environment: {} };

  test("is empty without limits", () => {
    expect(limitPrefix({ ...job, limits: {} }, NONE)).toEqual([]);
    expect(limitPrefix({ ...job, limits: { bestEffort: true, memoryBytes: 1 } }, NONE)).toEqual([]);
  });

  test("rounds up to the shell's units, and sets the file size last", () => {
    const limits = { fileSizeBytes: 513, openFiles: 9, coreBytes: 0, addressSpaceBytes: 1_025 };
    const prefix = limitPrefix({ ...job, groups: ["/g"], limits }, NONE);
    expect(prefix.slice(3).join(" ")).toBe(
      "stint /d strict join /g its control group n 9 limits.openFiles c 0 limits.core v 2 limits.addressSpace f 2 limits.fileSize --",
    );
  });

  test("does not run the job where its group cannot be joined", async () => {
    await using machine = new FakeMachine();
    const strict = { ...job, directory: machine.path, groups: [join(machine.path, "gone")] };
    const ran = runJob(limitPrefix({ ...strict, limits: { pids: 1 } }, NONE), ["/bin/echo", "ran"], {});
    expect({ code: ran.exitCode, out: ran.stdout?.toString() }).toEqual({ code: 125, out: "" });
    expect(readFileSync(join(machine.path, "limits-missed"), "utf8")).toBe("its control group\n");
  });
});

describe("a scope of systemd (with a fake systemd-run)", () => {
  test("is requested with these arguments", async () => {
    await using machine = new FakeMachine();
    const backend = systemdOn(machine);
    const limits = { memoryBytes: 1_000_000, cpus: 0.5, pids: 9, openFiles: 77 };
    const environment = { PATH: "/usr/bin:/bin", XDG_RUNTIME_DIR: "/the/job's own" };
    const prefix = limitPrefix(
      { limits, token: "t", directory: machine.path, groups: [], environment },
      backend,
    );
    const script = 'echo "$XDG_RUNTIME_DIR" "${DBUS_SESSION_BUS_ADDRESS-unset}"; ulimit -n; exit 7';
    const ran = runJob(prefix, ["/bin/sh", "-c", script], environment);
    expect(ran.exitCode).toBe(7);
    // The job's own variables are as they would be without a scope.
    expect(ran.stdout?.toString()).toBe("/the/job's own unset\n77\n");
    const called = readFileSync(join(machine.path, "bin/systemd-run.called"), "utf8");
    expect(called.slice(0, called.indexOf("\n/bin/sh\n"))).toMatchInlineSnapshot(`
      "/run/user/1000
      unix:path=/run/user/1000/bus
      --user
      --scope
      --quiet
      --collect
      --unit=stint-t.scope
      --setenv=XDG_RUNTIME_DIR=/the/job's own
      -p
      MemoryMax=1000000
      -p
      MemorySwapMax=0
      -p
      CPUQuota=50%
      -p
      TasksMax=10
      --"
    `);
    expect(existsSync(join(machine.path, "group-scope"))).toBeTrue();
  });

  test("reports a signal as a shell does, and a signal to the group does not end the watcher", async () => {
    await using machine = new FakeMachine();
    const backend = systemdOn(machine);
    const prefix = limitPrefix(
      { limits: { pids: 9 }, token: "t", directory: machine.path, groups: [], environment: {} },
      backend,
    );
    const script = "trap 'exit 3' TERM; kill -TERM $PPID $$; sleep 5";
    expect(runJob(prefix, ["/bin/sh", "-c", script], {}).exitCode).toBe(3);
    expect(runJob(prefix, ["/bin/sh", "-c", "kill -9 $$"], {}).exitCode).toBe(137);
    expect(existsSync(join(machine.path, "group-end"))).toBeTrue();
  });

  test("is not requested for a limit that needs none", async () => {
    await using machine = new FakeMachine();
    const prefix = limitPrefix(
      { limits: { openFiles: 9 }, token: "t", directory: "/d", groups: [], environment: {} },
      systemdOn(machine),
    );
    expect(prefix[0]).toBe("/bin/sh");
  });
});
