import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint, until } from "../rig/stint.ts";

const BURN = "i=0; while test $i -lt 150000; do i=$((i+1)); done";

interface Used {
  readonly cpuMs?: number;
  readonly peakRssBytes?: number;
  readonly queuedMs?: number;
  readonly durationMs?: number;
}

function usedBy({ status }: RecordView): Used {
  return (status.attempts.at(-1) ?? {}) as Used;
}

test.concurrent("an attempt tells its CPU time, the peak of its largest process and its time in the queue, without limits", async () => {
  await using stint = new Stint();
  // tail keeps all of it in memory.
  const line = `${BURN}; head -c 300m /dev/zero | tail -c 300m | wc -c`;
  await stint.ok("submit", "--name", "large", "--", "sh", "-c", line);
  await stint.ok("submit", "--name", "small", "--after", "1", "--", "sleep", "0.5");
  await stint.ok("drain");
  const large = usedBy(stint.record(1));
  expect(large.peakRssBytes).toBeGreaterThan(300 * 2 ** 20);
  expect(large.cpuMs).toBeGreaterThan(50);
  const small = usedBy(stint.record(2));
  expect(small.peakRssBytes).toBeWithin(2 ** 16, 32 * 2 ** 20);
  expect(small.queuedMs).toBeGreaterThanOrEqual(large.durationMs ?? Number.NaN);
  const shown = JSON.parse(await stint.ok("show", "2", "--json")) as Record<string, unknown>;
  expect(shown["execution_summary"]).toMatchObject({
    queue_ms: small.queuedMs,
    cpu_ms: small.cpuMs,
    peak_rss_bytes: small.peakRssBytes,
    gpu_seconds: 0,
  });
});

test.concurrent("a job that outlives its supervisor tells the same to the next one", async () => {
  await using stint = new Stint();
  await stint.ok("init");
  const line = `echo $$ >begun; until test -e go; do sleep 0.05; done; ${BURN}`;
  await stint.ok("submit", "--", "sh", "-c", line);
  await stint.up();
  await until("it has begun", () => stint.textOf("begun") !== "");
  await stint.killSupervisors();
  await stint.up();
  await stint.reach(1, "running");
  writeFileSync(join(stint.root, "go"), "");
  const used = usedBy(await stint.reach(1, "completed"));
  expect(used.cpuMs).toBeGreaterThan(50);
  expect(used.peakRssBytes).toBeGreaterThan(2 ** 16);
});
