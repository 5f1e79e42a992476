import { renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { timestamp } from "../../src/lib/clock.ts";
import { placeOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { recordText } from "../../src/store/record.ts";
import { Stint } from "../rig/stint.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";

/** The compiled executable, as users get it. */
export const EXECUTABLE = resolve("dist/stint");

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

/** A home with so many queued (held, so that none starts) or finished tasks, written as they lie on disk. */
export function filled(count: number, state: "queued" | "completed"): Stint {
  const stint = new Stint();
  const layout = homeAt(stint.home);
  const spec = { hold: true };
  const pattern: Task = state === "queued" ? aTask({ spec }) : taskIn("completed");
  const now = timestamp(Date.now());
  for (let number = 1; number <= count; number += 1) {
    const id = `${String(number).padStart(6, "0")}-train` as Task["metadata"]["id"];
    const metadata = {
      ...pattern.metadata,
      id,
      number,
      uid: `uid-${number}`,
      createdAt: now,
      updatedAt: now,
    };
    const path = layout.record(placeOf(pattern.status.state), id);
    writeFileSync(path, recordText({ ...pattern, metadata }), { mode: 0o600 });
  }
  renameSync(join(layout.numbers, "1"), join(layout.numbers, String(count + 1)));
  return stint;
}
