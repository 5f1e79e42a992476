import { describe, expect, test } from "bun:test";
import { parseSettings } from "../../src/intake/settings.ts";

const parse = (text: string) => parseSettings(text, { file: "config.yaml", userHome: "/home/ada" });

const REFUSED: readonly (readonly [text: string, fault: string, hint?: string])[] = [
  ["job: 4", '1:1 "job" is unknown, wanted jobs, inboxes, defaults', "did you mean jobs?"],
  ["jobs: 0", '1:7 "jobs" is 0, wanted a whole number from 1 to 1000'],
  ["jobs: 4\njobs: 5", '2:1 "jobs" is given twice', "keep one of them"],
  ["inboxes: [a]", '1:11 "inboxes[0]" is "a", wanted an absolute path', "begin it with / or ~/"],
  [
    "defaults: {timeout: 6}",
    '1:21 "defaults.timeout" is 6 without a unit, wanted a duration such as 90s, 15m or 1h30m',
    "write 6s",
  ],
  ["defaults: {gpus: 1}", '1:12 "defaults.gpus" is unknown, wanted timeout, retries, priority'],
  ["defaults: 5", '1:11 "defaults" is 5, wanted a mapping with timeout, retries, priority'],
  ["- a", "1:1 the document is a list, wanted a mapping with jobs, inboxes, defaults"],
  ["jobs: 1\n---\njobs: 2", "3:1 a second document, wanted one"],
  [
    "jobs: [",
    "1:8 not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
    "look for a bracket that is not closed, or for lines that are not indented alike",
  ],
  ["constructor: 1", '1:1 "constructor" is unknown, wanted jobs, inboxes, defaults'],
  ["a\0", "1:2 the file holds a NUL character, wanted a text file"],
];

describe("parseSettings()", () => {
  test.each([
    ["", { inboxes: [] }],
    ["# nothing yet\n", { inboxes: [] }],
    ["jobs: 4", { jobs: 4, inboxes: [] }],
    ["jobs: null", { inboxes: [] }],
    ["inboxes: [/a, ~/Sync/jobs, /b/../c]", { inboxes: ["/a", "/home/ada/Sync/jobs", "/c"] }],
    ["inboxes: /a", { inboxes: ["/a"] }],
    [
      "defaults: {timeout: 6h, retries: 2, priority: 5}",
      { inboxes: [], defaults: { timeoutMs: 21_600_000, retries: 2, priority: 5 } },
    ],
  ])("%j", (text, settings) => {
    expect(parse(text)).toEqual({ ok: true, value: settings });
  });

  test.each(REFUSED.map(([text, fault, hint]) => ({ text, fault, hint, what: JSON.stringify(text) })))(
    "$what is refused",
    ({ text, fault, hint }) => {
      const parsed = parse(text);
      const faults = parsed.ok ? [] : parsed.error;
      expect(faults.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([fault]);
      expect(faults[0]?.hint).toBe(hint);
    },
  );

  test("names all faults at once", () => {
    const parsed = parse("jobs: x\ninboxes: [b]\nfoo: 1\ndefaults: {retries: -1}");
    expect(parsed.ok ? [] : parsed.error.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  });
});
