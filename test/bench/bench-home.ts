import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { timestamp } from "../../src/lib/clock.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import { directoryOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { Audit } from "../../src/store/audit.ts";
import { recordText } from "../../src/store/record.ts";
import { Stint } from "../rig/stint.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";

/** The compiled executable, as users get it. */
export const EXECUTABLE = resolve("dist/stint");

/**
 * Holds all that is measured on, until the end of the benchmark: ext4 reuses no inode that was freed for minutes and
 * passes over each such one whenever a file is made, so that who removes many files slows down who comes next.
 */
const FOLDER = mkdtempSync(join(tmpdir(), "stint-bench-"));
process.on("exit", () => rmSync(FOLDER, { recursive: true, force: true }));

/** Where the compiled executable writes its profiles to; null where none are wanted. */
let profiles: string | null = null;
export function profileTo(directory: string): void {
  profiles = resolve(directory);
}

/** An empty folder that stays until the end of the benchmark. */
export function benchFolder(): string {
  return mkdtempSync(join(FOLDER, "folder-"));
}

/** A home that stays until the end of the benchmark. */
export class BenchHome extends Stint {
  constructor() {
    super(FOLDER);
  }

  override get env(): Record<string, string> {
    return {
      ...super.env,
      ...(profiles !== null && { BUN_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }),
    };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.killSupervisors();
  }
}

/** Ends a command that must succeed; gives its output. */
export async function call(argv: readonly string[], env: Record<string, string>): Promise<string> {
  const child = Bun.spawn([...argv], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${out}${err}`);
  return out;
}

/** What a home is filled with: finished, queued and held so that none starts, or ready to run `true`. */
const PATTERNS = {
  completed: taskIn("completed"),
  held: aTask({ spec: { hold: true } }),
  ready: aTask({
    spec: { kind: { ...aTask().spec.kind, mode: { type: "command", command: "/bin/true", args: [] } } },
  }),
} as const;

/** Written at a time. */
const CHUNK = 10_000;

/** A home with so many tasks, written as they lie on disk; `vary` makes each of them another one. */
export function filled(
  count: number,
  state: keyof typeof PATTERNS,
  vary: (task: Task) => Task = (task) => task,
): BenchHome {
  const stint = new BenchHome();
  const layout = homeAt(stint.home);
  const pattern: Task = PATTERNS[state];
  const nowMs = Date.now();
  const at = timestamp(nowMs);
  using audit = new Audit(layout);
  for (let first = 1; first <= count; first += CHUNK) {
    const tasks = Array.from({ length: Math.min(CHUNK, count - first + 1) }, (_, index): Task => {
      const number = first + index;
      const identity = { id: makeTaskId(number, "train"), number, uid: `uid-${number}` };
      return vary({
        ...pattern,
        metadata: { ...pattern.metadata, ...identity, createdAt: at, updatedAt: at },
      });
    });
    for (const task of tasks) {
      const path = layout.record(directoryOf(task.status.state), task.metadata.id);
      writeFileSync(path, recordText(task), { mode: 0o600 });
    }
    audit.append(
      tasks.map(({ metadata: { id, uid, resourceVersion: version } }) => ({
        event: "task_queued",
        actor: "ada",
        task: id,
        uid,
        to: "queued",
        version,
      })),
      nowMs,
    );
  }
  renameSync(join(layout.numbers, "1"), join(layout.numbers, String(count + 1)));
  return stint;
}
