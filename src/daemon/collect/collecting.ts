import type { Collected } from "../../model/collected.ts";
import type { Layout } from "../../store/layout.ts";
import type { CollectMessage, CollectOrder } from "./order.ts";
import type { Collecting } from "./part.ts";
import { PARTS } from "./parts.ts";

/** Signs of life are sent this often. */
const BEAT_MS = 1_000;

/** What is told is not heard: the supervisor that asked for the results is gone, and the next one collects them itself. */
class Unheard extends Error {}

/**
 * Collects the results of ended attempts. It may take as long as it takes: a process of its own does it. `tell` returns false where the
 * supervisor is gone; then nothing more is done.
 */
export async function collectAll(
  layout: Layout,
  { jobs }: CollectOrder,
  how: Pick<Collecting, "environment" | "nowMs"> & { readonly tell: (told: CollectMessage) => boolean },
): Promise<void> {
  try {
    await collectEach(layout, jobs, how);
  } catch (error) {
    if (!(error instanceof Unheard)) throw error;
  }
}

async function collectEach(
  layout: Layout,
  jobs: CollectOrder["jobs"],
  { environment, nowMs, tell: send }: Parameters<typeof collectAll>[2],
): Promise<void> {
  const tell = (told: CollectMessage): void => {
    if (!send(told)) throw new Unheard();
  };
  for (const [job, one] of jobs.entries()) {
    let toldMs = nowMs();
    const beat = (): void => {
      if (nowMs() - toldMs < BEAT_MS) return;
      toldMs = nowMs();
      tell({ type: "at", file: job });
    };
    tell({ type: "at", file: job });
    const collected = await collectOne({ ...one, layout, environment, nowMs, beat });
    tell({ type: "collected", job, collected });
  }
}

/** What one part cannot collect is noted, and the others go on. */
async function collectOne(of: Collecting): Promise<Collected> {
  let collected: Collected = { notes: [] };
  for (const part of PARTS) {
    if (part.isNeeded !== "beside others" && !part.isNeeded(of)) continue;
    const { notes, ...found } = await collectPart(part, of);
    collected = { ...collected, ...found, notes: [...collected.notes, ...notes] };
  }
  return collected;
}

async function collectPart(part: (typeof PARTS)[number], of: Collecting): Promise<Collected> {
  try {
    return await part.collect(of);
  } catch (error) {
    if (error instanceof Unheard) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return { notes: [`Cannot collect the ${part.name}: ${why}`] };
  }
}
