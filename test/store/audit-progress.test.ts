import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import type { AuditEntry } from "../../src/model/audit.ts";
import { Audit } from "../../src/store/audit.ts";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { valueOf } from "../rig/results.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

test("verifyAudit() reports how many of the bytes are verified", async () => {
  await using home = new TempHome();
  const note = (version: number): AuditEntry => ({
    event: "task_queued",
    actor: "ada",
    task: "000001-train",
    uid: "uid-1",
    version,
  });
  using audit = new Audit(home.layout);
  audit.append(
    Array.from({ length: 2_500 }, (_, index) => note(index + 1)),
    NOW_MS,
  );
  const reports: number[] = [];
  const { size } = statSync(home.layout.audit);
  valueOf(
    verifyAudit(home.layout, {
      onProgress: (bytes, all) => {
        expect(all).toBe(size);
        reports.push(bytes / all);
      },
    }),
  );
  expect(reports.map((part) => Math.round(part * 10))).toEqual([4, 8]);
});
