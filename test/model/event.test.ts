import { describe, expect, test } from "bun:test";
import { eventIn } from "../../src/model/event.ts";

describe("eventIn()", () => {
  test.each([
    ['{"type":"PROGRESS","msg":42}', { type: "PROGRESS", detail: { percent: 42 } }],
    ['{"type":"progress","msg":"84.5"}', { type: "PROGRESS", detail: { percent: 84.5 } }],
    [
      '{"type":"PROGRESS","msg":"epoch 3","step":3,"total":12,"eta":7}',
      { type: "PROGRESS", detail: { percent: 25, step: 3, total: 12, etaMs: 7_000, text: "epoch 3" } },
    ],
    ['{"type":"PROGRESS","step":300}', { type: "PROGRESS", detail: { step: 300 } }],
    ['{"type":"INFO","msg":"hello","payload":{"a":1}}', { type: "INFO", msg: "hello", fields: { a: 1 } }],
    [
      '{"type":"METRIC","name":"acc","value":0.93,"step":3}',
      { type: "METRIC", detail: { name: "acc", value: 0.93, step: 3 } },
    ],
    ['{"type":"METRIC","name":"loss","value":NaN}', { detail: { name: "loss", value: "nan" } }],
    [
      '{"type":"METRIC","name":"a \\"NaN\\"","value":-Infinity}',
      { detail: { name: 'a "NaN"', value: "-inf" } },
    ],
    ['{"type":"METRIC","name":"acc","value":"0.5"}', { detail: { name: "acc", value: 0.5 } }],
    ['{"type":"OUTPUT","payload":{"acc":1},"model":"m.pt"}', { detail: { acc: 1, model: "m.pt" } }],
    ['{"type":"READY","url":"http://127.0.0.1:1"}', { detail: { url: "http://127.0.0.1:1" } }],
    ['{"type":"READY"}', { type: "READY", detail: {} }],
    [
      '{"type":"FAIL","code":"NETWORK","class":"data","retryable":false,"retryAfterMs":500,"msg":"no"}',
      { detail: { code: "NETWORK", class: "data", retryable: false, retryAfterMs: 500, msg: "no" } },
    ],
    ['{"type":"CHECKPOINT","path":"/c/7.pt","step":7}', { detail: { path: "/c/7.pt", step: 7 } }],
    ['{"type":"INFO","t":"2026-01-02T03:04:05+01:00"}', { at: "2026-01-02T02:04:05.000Z" }],
    ['{"type":"INFO","at":1767322000.5}', { at: "2026-01-02T02:46:40.500Z" }],
    // The exit status alone decides: a type of the supervisor, or an unknown one, is kept as INFO.
    ['{"type":"COMPLETED","msg":"done"}', { type: "INFO", claimed: "COMPLETED", msg: "done" }],
    ['{"type":"HELLO"}', { type: "INFO", claimed: "HELLO" }],
  ])("reads %s", (line, wanted) => {
    expect(eventIn(line)).toMatchObject(wanted);
  });

  test.each([
    "",
    "rubbish",
    "NaN",
    "[]",
    "42",
    "null",
    '{"type":"INFO","msg":"torn',
    '{"msg":"no type"}',
    '{"type":7}',
    '{"type":"two words"}',
    '{"type":"INFO","msg":{}}',
    '{"type":"PROGRESS"}',
    '{"type":"PROGRESS","msg":101}',
    '{"type":"PROGRESS","msg":-1}',
    '{"type":"PROGRESS","msg":NaN}',
    '{"type":"METRIC","name":"acc"}',
    '{"type":"METRIC","name":"acc","value":"high"}',
    '{"type":"METRIC","name":"__proto__","value":1}',
    `{"type":"METRIC","name":"${"n".repeat(200)}","value":1}`,
    '{"type":"OUTPUT"}',
    '{"type":"OUTPUT","constructor":1}',
    '{"type":"CHECKPOINT","step":3}',
  ])("refuses %s", (line) => {
    expect(eventIn(line)).toBeNull();
  });

  test("leaves out a time that no record could have", () => {
    for (const time of ['"soon"', '"+123456-01-01T00:00:00Z"', "-5", "1e300", "{}"])
      expect(eventIn(`{"type":"INFO","at":${time}}`)).toEqual({
        type: "INFO",
        detail: null,
        msg: null,
        fields: {},
      });
  });
});
