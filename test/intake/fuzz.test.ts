import { expect, test } from "bun:test";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { parseSettings } from "../../src/intake/settings.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import { decodeTaskText } from "../../src/intake/task-text.ts";
import { timed } from "../rig/cpu-time.ts";
import { fc } from "../rig/fast-check.ts";
import { CONTEXT } from "./rig.ts";

const VALID = `name: train
run: python train.py
timeout: 4h
retries: 2
backoff: {first: 1s, max: 30s}
env: { PYTHONUNBUFFERED: "1" }
labels: &l { night: "1" }
annotations: *l
---
command: [python, train.py, "--size", large]
memory: 8GB
notBefore: 1h30m
`;

/** Pieces that YAML gives a meaning to, and characters that no text should hold. */
const anyPiece = fc.oneof(
  fc.constantFrom(
    "\0",
    "\uFEFF",
    "\u2028",
    "\u202E",
    "\x85",
    "\x1b[2J",
    "&l",
    "*l",
    "*x",
    "<<: ",
    "!!binary ",
    "? ",
    "\t",
    "---\n",
    "%YAML 9\n",
    "\ud800",
  ),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => "[".repeat(depth)),
  fc.integer({ min: 1, max: 50_000 }).map((length) => "x".repeat(length)),
  fc.string({ unit: "binary", maxLength: 6 }),
);

const mutated = fc
  .array(fc.tuple(fc.nat({ max: VALID.length }), fc.nat({ max: 6 }), anyPiece), {
    minLength: 1,
    maxLength: 4,
  })
  .map((edits) =>
    edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), VALID),
  );

/** A thousand times what it takes: only what does not come back, or grows with a power of the text, is beyond it. */
const MOST_CPU_MS = 2_000;

test("a valid file with random edits is read or refused with faults, in little CPU time", () => {
  let refused = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      const [read, tookMs] = timed(() => readSubmission(text, CONTEXT));
      if (!read.ok) {
        refused += 1;
        for (const fault of read.error) expect(renderDiagnostic(fault)).toStartWith("job.yaml:");
      }
      const of = { file: "config.yaml", userHome: "/home/ada" };
      const [settings, settingsTookMs] = timed(() => parseSettings(text, of));
      expect(settings.ok || settings.error.length > 0).toBeTrue();
      expect(tookMs + settingsTookMs).toBeLessThan(MOST_CPU_MS);
    }),
    { numRuns: 120 },
  );
  expect(refused).toBeGreaterThan(20);
});

test("any bytes are decoded as text or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const text = decodeTaskText(bytes);
      if (text.ok) readSubmission(text.value, CONTEXT);
      else expect(text.error).not.toBe("");
    }),
    { numRuns: 1_000 },
  );
});
