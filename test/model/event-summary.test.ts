import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import {
  type EventSummary,
  foldLine,
  MAX_EVENT_LINES,
  NO_EVENTS,
  timelineEntry,
} from "../../src/model/event-summary.ts";
import { fc } from "../rig/fast-check.ts";

function fold(lines: readonly (string | null)[], from = NO_EVENTS): EventSummary {
  return lines.reduce((summary, line) => foldLine(summary, line).summary, from);
}

const anyName = fc.constantFrom("acc", "loss", "lr", "constructor", "__proto__");
const anyEvent = fc.oneof(
  fc.record({ type: fc.constant("PROGRESS"), msg: fc.integer({ min: -5, max: 105 }) }),
  fc.record({ type: fc.constant("METRIC"), name: anyName, value: fc.double({ noNaN: true }) }),
  fc.record({ type: fc.constant("OUTPUT"), payload: fc.dictionary(anyName, fc.jsonValue()) }),
  fc.record({
    type: fc.constantFrom("INFO", "ERROR", "FAIL", "COMPLETED", "?"),
    msg: fc.string(),
    payload: fc.dictionary(anyName, fc.jsonValue()),
  }),
  fc.record({ type: fc.constant("CHECKPOINT"), path: fc.string(), step: fc.jsonValue() }),
  fc.jsonValue(),
);
const anyLine = fc.oneof(
  { weight: 8, arbitrary: anyEvent.map((event) => JSON.stringify(event)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constant(null) },
);

describe("foldLine()", () => {
  test("makes a summary of any lines that records take, in bounded memory, whose counts add up", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 120 }), (lines) => {
        const summary = fold(lines);
        expect(summary.lines).toBe(lines.length);
        expect(summary.bad).toBeLessThanOrEqual(lines.length);
        expect(summary.timeline.length).toBeLessThanOrEqual(50);
        expect(Object.keys(summary.metrics).length).toBeLessThanOrEqual(64);
        const onDisk = JSON.parse(JSON.stringify(summary.timeline));
        expect(v.parse(v.array(timelineEntry), onDisk)).toEqual(onDisk);
      }),
    );
  });

  test("gives the same for two parts, one after the other, as for the whole", () => {
    fc.assert(
      fc.property(fc.array(anyLine), fc.array(anyLine), (first, second) => {
        expect(fold(second, fold(first))).toEqual(fold([...first, ...second]));
      }),
    );
  });

  test("keeps the last value of each metric, the last progress, which may fall, and all keys of the outputs", () => {
    const summary = fold([
      '{"type":"PROGRESS","msg":90}',
      '{"type":"METRIC","name":"acc","value":0.1}',
      '{"type":"OUTPUT","acc":0.1,"model":"a.pt"}',
      '{"type":"METRIC","name":"acc","value":0.2}',
      '{"type":"OUTPUT","acc":0.2}',
      '{"type":"PROGRESS","msg":10}',
    ]);
    expect(summary).toMatchObject({
      progress: { percent: 10 },
      metrics: { acc: 0.2 },
      outputs: { acc: 0.2, model: "a.pt" },
      bad: 0,
    });
    expect(summary.timeline).toEqual([]);
  });

  test("counts lines beyond the limit only, but reads the last ones of the file", () => {
    const full = { ...NO_EVENTS, lines: MAX_EVENT_LINES };
    expect(foldLine(full, '{"type":"PROGRESS","msg":1}')).toEqual({
      summary: { ...full, lines: MAX_EVENT_LINES + 1 },
      event: null,
    });
    const last = foldLine(full, '{"type":"PROGRESS","msg":1}', { isLast: true });
    expect(last.summary).toMatchObject({ lines: MAX_EVENT_LINES, progress: { percent: 1 } });
  });

  test("counts as bad what is more than 64 metrics, or 1 MiB of outputs, however often a key is written", () => {
    const metrics = Array.from({ length: 70 }, (_, at) => `{"type":"METRIC","name":"m${at}","value":1}`);
    expect(fold(metrics)).toMatchObject({ lines: 70, bad: 6 });
    const outputs = (key: (at: number) => string): string[] =>
      Array.from({ length: 40 }, (_, at) => `{"type":"OUTPUT","${key(at)}":"${"x".repeat(60_000)}"}`);
    expect(fold(outputs(() => "same")).bad).toBe(0);
    expect(fold(outputs((at) => `key${at}`)).bad).toBe(40 - 17);
  });

  test("keeps the last 50 entries, with long messages cut, and flags a type that is none of a job's", () => {
    const lines = Array.from({ length: 60 }, (_, at) => `{"type":"INFO","msg":"${at}"}`);
    const summary = fold([
      ...lines,
      '{"type":"FAILED","msg":"no"}',
      `{"type":"ERROR","msg":"${"m".repeat(9_999)}","payload":{"big":"${"p".repeat(9_999)}"}}`,
    ]);
    expect(summary.timeline.length).toBe(50);
    expect(summary.timeline.at(-2)).toEqual({ type: "INFO", msg: "no", claimed: "FAILED" });
    expect(summary.timeline.at(-1)?.msg.length).toBe(512);
    expect(summary.timeline.at(-1)?.payload).toBeUndefined();
    expect(summary.claimed).toBe(1);
  });

  test("gives a line without a time that of its reading", () => {
    const readAt = "2026-01-02T03:04:05.000Z";
    const { summary } = foldLine(NO_EVENTS, '{"type":"INFO","msg":"a"}', { readAt });
    expect(summary.timeline).toEqual([{ at: readAt, type: "INFO", msg: "a" }]);
  });
});
