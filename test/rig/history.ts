import { mkdirSync, writeFileSync } from "node:fs";
import { makeTaskId } from "../../src/model/identity.ts";
import { Audit } from "../../src/store/audit.ts";
import type { Layout } from "../../src/store/layout.ts";
import { raiseNumbers } from "../../src/store/numbers.ts";
import { recordText } from "../../src/store/record.ts";
import { after, aTask, exited, NOW_MS } from "./tasks.ts";

/** Lines that a task which ran once leaves on the audit log. */
const LINES = ["task_queued", "task_preparing", "task_running", "task_completed"] as const;
/** Lines that are written at a time. */
const CHUNK = 10_000;

/** Fills a home with tasks that ended one after the other, one each minute up to `NOW_MS`, as running them would. */
export function writeHistory(layout: Layout, count: number): void {
  const template = after(aTask({ number: 1, name: "old" }), exited(0), { endedAtMs: NOW_MS });
  const text = recordText(template);
  const endedAt = "endedAt" in template.status ? template.status.endedAt : "";
  using audit = new Audit(layout);
  for (let first = 1; first <= count; first += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, count - first + 1) }, (_, index) => first + index);
    for (const number of numbers) {
      const id = makeTaskId(number, "old");
      const ended = new Date(NOW_MS - (count - number) * 60_000).toISOString();
      const record = text
        .replaceAll(template.metadata.id, id)
        .replace('"number": 1', `"number": ${number}`)
        .replace('"number":1', `"number":${number}`)
        .replaceAll(template.metadata.uid, `uid-${number}`)
        .replaceAll(endedAt, ended);
      writeFileSync(layout.record("done", id), record, { mode: 0o600 });
      mkdirSync(layout.attempt(id, 1), { recursive: true });
      writeFileSync(`${layout.attempt(id, 1)}/output.log`, "done\n");
    }
    const notes = numbers.flatMap((number) =>
      LINES.map((event, index) => ({
        event,
        actor: "ada",
        task: makeTaskId(number, "old"),
        uid: `uid-${number}`,
        version: index + 1,
      })),
    );
    audit.append(notes, NOW_MS);
  }
  raiseNumbers(layout, count);
}
