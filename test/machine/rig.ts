import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  detectLimitBackend,
  type LimitBackend,
  type ProbedMachine,
} from "../../src/machine/limit-backend.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const USER_ID = 1_000;
const MANAGER = `/sys/fs/cgroup/user.slice/user-${USER_ID}.slice/user@${USER_ID}.service`;

/** A machine as far as a probe looks at it: a folder of plain files, which takes any write. */
export class FakeMachine extends TempDirectory {
  file(path: string, text: string, mode = 0o644): string {
    const at = join(this.path, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text, { mode });
    return at;
  }

  /** Mounts version 2, with this process in a group of it. */
  unified(own: string, files: { controllers: string; enabled?: string; procs?: string }): string {
    this.file("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    this.file("/proc/self/cgroup", `0::${own}\n`);
    const group = join("/sys/fs/cgroup", own);
    if (own !== "/") this.file(join(group, "cgroup.events"), "populated 1\n");
    this.file(join(group, "cgroup.controllers"), `${files.controllers}\n`);
    this.file(join(group, "cgroup.subtree_control"), `${files.enabled ?? ""}\n`);
    this.file(join(group, "cgroup.procs"), files.procs ?? `${process.pid}\n`);
    return join(this.path, group);
  }

  /** Gives the user a manager of systemd, with these controllers, and a systemd-run. */
  systemd(controllers: string, program = "#!/bin/sh\nexit 1\n"): void {
    this.file(`/run/user/${USER_ID}/systemd/private`, "");
    this.file(`${MANAGER}/cgroup.controllers`, `${controllers}\n`);
    this.file("/bin/systemd-run", program, 0o755);
  }

  probe(change: Partial<ProbedMachine> = {}): LimitBackend {
    const environment = { PATH: join(this.path, "bin") };
    return detectLimitBackend({ root: this.path, userId: USER_ID, environment, ...change });
  }
}
