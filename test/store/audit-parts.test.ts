import { describe, expect, test } from "bun:test";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { AuditEntry } from "../../src/model/audit.ts";
import { Audit } from "../../src/store/audit.ts";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { writeSealed } from "../../src/store/sealed.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const note = (version: number): AuditEntry => ({ event: "task_queued", actor: "ada", uid: "uid-1", version });

function log(home: TempHome, ...notes: AuditEntry[]): void {
  using audit = new Audit(home.layout);
  audit.append(notes, NOW_MS);
}

describe("a quick verifyAudit()", () => {
  const QUICK = { isQuick: true };

  test("reads a completed file once, until it is changed", async () => {
    await using home = new TempHome();
    const { layout } = home;
    log(home, ...Array.from({ length: 10 }, (_, index) => note(index + 1)));
    const old = `${layout.audit}.000000000010`;
    renameSync(layout.audit, old);
    log(home, note(11));
    expect(verifyAudit(layout, QUICK)).toEqual({ ok: true, value: { lines: 11, lastSeq: 11 } });
    // What was found is believed of the file as it is.
    const [, json = ""] = readFileSync(layout.auditParts, "utf8").split("\n");
    writeSealed(layout, layout.auditParts, json.replace('"lines":10', '"lines":99'));
    expect(valueOf(verifyAudit(layout, QUICK)).lines).toBe(100);
    expect(valueOf(verifyAudit(layout)).lines).toBe(11);
    writeFileSync(layout.auditParts, json.replace('"lines":10', '"lines":99'));
    expect(valueOf(verifyAudit(layout, QUICK)).lines).toBe(11);
    const text = readFileSync(old, "utf8");
    writeFileSync(old, text.replace('"actor":"ada"', '"actor":"eve"'));
    expect(errorOf(verifyAudit(layout, QUICK)).code).toBe("AUDIT_BROKEN");
    writeFileSync(old, text);
    expect(verifyAudit(layout, QUICK).ok).toBeTrue();
    log(home, note(12));
    writeFileSync(layout.audit, readFileSync(layout.audit, "utf8").replace('"version":12', '"version":13'));
    expect(errorOf(verifyAudit(layout, QUICK)).code).toBe("AUDIT_BROKEN");
  });
});
