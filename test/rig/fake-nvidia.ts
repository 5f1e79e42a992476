import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pid as ownPid } from "node:process";
import { PROGRAMS } from "./surroundings.ts";

/** What the fake can be; see test/rig/fake-nvidia-smi. */
export type FakeMode =
  | "normal"
  | "unified"
  | "unknown-error"
  | "failed"
  | "old"
  | "mig"
  | "mig-empty"
  | "hang"
  | "hang-behind-a-wrapper"
  | "flood"
  | "silent"
  | "garbage"
  | "mismatch"
  | "none"
  | "missing";

/** The GPUs of the mode `normal`. */
export const GPU_A = "GPU-aaaaaaaa-0000-4000-8000-000000000000";
export const GPU_B = "GPU-bbbbbbbb-0000-4000-8000-000000000000";

/** A folder to put in front of PATH, with a tool in it that says what a test wants to hear. */
export class FakeNvidia implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "stint-nvidia-"));

  constructor(mode: FakeMode = "normal") {
    mkdirSync(join(this.folder, "bin"));
    // The tools of this machine, if it has any, must not answer for the fake ones.
    for (const tool of ["sh", "cat", "sleep", "echo", "tr", "yes", "env"]) {
      const path = Bun.which(tool);
      if (path !== null) symlinkSync(path, join(this.folder, "bin", tool));
    }
    if (mode !== "missing")
      symlinkSync(resolve("test/rig/fake-nvidia-smi"), join(this.folder, "bin", "nvidia-smi"));
    this.is(mode);
  }

  /** The environment in which the tool is found, and no other vendor's. */
  get env(): Record<string, string> {
    return { PATH: join(this.folder, "bin"), FAKE_NVIDIA_SMI: this.folder };
  }

  /** As `env`, with the programs of the machine behind the fake. */
  get envOfMachine(): Record<string, string> {
    return { ...this.env, PATH: [join(this.folder, "bin"), PROGRAMS].join(delimiter) };
  }

  /** What the tool says from now on. */
  is(mode: FakeMode): void {
    writeFileSync(join(this.folder, "mode"), `${mode}\n`);
  }

  /** Processes that it lists from now on; a null is memory that the driver does not tell. */
  lists(...uses: readonly { gpu: string; pid: number; mebibytes: number | null }[]): void {
    const lines = uses.map(({ gpu, pid, mebibytes }) => `${gpu}, ${pid}, ${mebibytes ?? "[N/A]"}\n`);
    writeFileSync(join(this.folder, "apps"), lines.join(""));
  }

  /** The arguments of each call so far. */
  get calls(): string[] {
    const path = join(this.folder, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  /** The pids of its processes that are left: living ones, and zombies of this process. */
  get processes(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((each) => {
        try {
          const fields = readFileSync(`/proc/${each}/stat`, "latin1").replace(/.*\) /s, "").split(" ");
          const environment = readFileSync(`/proc/${each}/environ`, "latin1");
          return (fields[0] === "Z" && Number(fields[1]) === ownPid) || environment.includes(this.folder);
        } catch {
          return false;
        }
      });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
