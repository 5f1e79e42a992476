import { describe, expect, test } from "bun:test";
import { parseAllDocuments } from "yaml";
import { DEFAULT_SETTINGS, type Settings } from "../../src/intake/default-settings.ts";
import { parseSettings, settingsSchema } from "../../src/intake/settings.ts";
import { DEFAULT_NOTICE_RULES } from "../../src/model/notice.ts";
import { ALWAYS } from "../../src/model/work.ts";
import { isValid } from "../rig/json-schema.ts";

const parse = (text: string) => parseSettings(text, { file: "config.yaml", userHome: "/home/ada" });

const KEYS =
  "jobs, inboxes, defaults, container, gpus, memory, scheduling, concurrency, labels, notify, notices, work or retention";

/** What holds where a config.yaml says nothing. */
const DEFAULTS: Settings = {
  inboxes: [],
  devices: { allow: null, exclude: [], simulate: [] },
  memoryReserveBytes: 0,
  policy: { ageingMs: 3_600_000, backfillMs: 600_000, slots: {}, labels: {}, foreignMaxBytes: 1_073_741_824 },
  labels: {},
  notices: DEFAULT_NOTICE_RULES,
  work: ALWAYS,
};

const ACCEPTED: readonly (readonly [text: string, said: Partial<Settings>])[] = [
  ["", {}],
  ["# nothing yet\n", {}],
  ["jobs: 4", { jobs: 4 }],
  ["jobs: null", {}],
  ["inboxes: [/a, ~/Sync/jobs, /b/../c]", { inboxes: ["/a", "/home/ada/Sync/jobs", "/c"] }],
  ["inboxes: /a", { inboxes: ["/a"] }],
  [
    "defaults: {timeout: 6h, retries: 2, priority: 5, gpus: 0, runtime: sh}",
    { defaults: { timeoutMs: 21_600_000, retries: 2, priority: 5, gpus: 0, runtime: "sh" } },
  ],
  [
    "gpus: {allow: [0, GPU-5f], exclude: [T400]}",
    { devices: { allow: ["0", "GPU-5f"], exclude: ["T400"], simulate: [] } },
  ],
  ["gpus: {allow: []}", { devices: { allow: [], exclude: [], simulate: [] } }],
  [
    "gpus:\n  simulate:\n    - {name: A100, memory: 80GB, count: 2, foreign: 1GiB}\n    - {name: T4, memory: 16GiB}",
    {
      devices: {
        allow: null,
        exclude: [],
        simulate: [
          { name: "A100", memoryBytes: 80e9, count: 2, foreignBytes: 2 ** 30 },
          { name: "T4", memoryBytes: 16 * 2 ** 30, count: 1, foreignBytes: 0 },
        ],
      },
    },
  ],
  [
    "gpus: {simulate: {name: T4, memory: 16GB}}",
    {
      devices: {
        allow: null,
        exclude: [],
        simulate: [{ name: "T4", memoryBytes: 16e9, count: 1, foreignBytes: 0 }],
      },
    },
  ],
  ["gpus: {foreign_max: 0B}", { policy: { ...DEFAULTS.policy, foreignMaxBytes: 0 } }],
  ["memory: {reserve: 8GB}", { memoryReserveBytes: 8e9 }],
  [
    "scheduling: {ageing: 30m, backfill: 0s}",
    { policy: { ...DEFAULTS.policy, ageingMs: 1_800_000, backfillMs: 0 } },
  ],
  [
    "concurrency: {slots: {train: 2}, labels: {pool=night: 3, user: 1, pool=: 1}}",
    {
      policy: { ...DEFAULTS.policy, slots: { train: 2 }, labels: { "pool=night": 3, user: 1, "pool=": 1 } },
    },
  ],
  ["labels: {pool: night}", { labels: { pool: "night" } }],
];

const REFUSED: readonly (readonly [text: string, fault: string, hint?: string])[] = [
  ["job: 4", `1:1 "job" is unknown, wanted ${KEYS}`, "did you mean jobs?"],
  ["jobs: 0", '1:7 "jobs" is 0, wanted a whole number from 1 to 4000'],
  ["jobs: 4\njobs: 5", '2:1 "jobs" is given twice', "keep one of them"],
  ["inboxes: [a]", '1:11 "inboxes[0]" is "a", wanted an absolute path', "begin it with / or ~/"],
  [
    "defaults: {timeout: 6}",
    '1:21 "defaults.timeout" is 6 without a unit, wanted a duration such as 90s, 15m or 1h30m',
    "write 6s, or 6m for minutes",
  ],
  [
    "defaults: {cpus: 1}",
    '1:12 "defaults.cpus" is unknown, wanted timeout, retries, priority, gpus, runtime or tracking',
    "did you mean gpus?",
  ],
  ["defaults: {runtime: zsh}", '1:21 "defaults.runtime" is "zsh", wanted sh or bash', "did you mean sh?"],
  [
    "defaults: 5",
    '1:11 "defaults" is 5, wanted a mapping with timeout, retries, priority, gpus, runtime or tracking',
  ],
  ["- a", `1:1 the document is a list, wanted a mapping with ${KEYS}`],
  ["jobs: 1\n---\njobs: 2", "3:1 a second document, wanted one"],
  [
    "jobs: [",
    "1:8 not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
    "look for a bracket that is not closed, or for lines that are not indented alike",
  ],
  ["constructor: 1", `1:1 "constructor" is unknown, wanted ${KEYS}`],
  ["gpus: 1", '1:7 "gpus" is 1, wanted a mapping with allow, exclude, services, foreignMax or simulate'],
  [
    "gpus: {foreignMax: 1}",
    '1:20 "gpus.foreignMax" is 1 without a unit, wanted a size such as 512MiB or 8GB',
    "write 1GB",
  ],
  [
    "gpus: {alow: [0]}",
    '1:8 "gpus.alow" is unknown, wanted allow, exclude, services, foreignMax or simulate',
    "did you mean allow?",
  ],
  [
    "gpus: {simulate: [{name: A}]}",
    '1:19 "gpus.simulate[0]" has no memory, wanted {name: NVIDIA A100, memory: 80GB}',
  ],
  [
    "gpus: {simulate: [{memory: 8GB}]}",
    '1:19 "gpus.simulate[0]" has no name, wanted {name: NVIDIA A100, memory: 80GB}',
  ],
  ["gpus: {simulate: [4]}", '1:19 "gpus.simulate[0]" is 4, wanted {name: NVIDIA A100, memory: 80GB}'],
  [
    "gpus: {simulate: {name: A, memory: 8GB, count: 65}}",
    '1:48 "gpus.simulate.count" is 65, wanted a whole number from 1 to 64',
  ],
  ["memory: 8GB", '1:9 "memory" is "8GB", wanted a mapping with reserve'],
  ["scheduling: {ageing: 0h}", '1:22 "scheduling.ageing" is 0, wanted more than 0'],
  [
    "concurrency: {slots: {a b: 2}}",
    '1:23 "concurrency.slots.a b" is not a valid name here, wanted a lane and its number such as {train: 2}',
  ],
  ["concurrency: {slots: 2}", '1:22 "concurrency.slots" is 2, wanted a mapping such as {train: 2}'],
  [
    "concurrency: {labels: {=x: 2}}",
    '1:24 "concurrency.labels.=x" is not a valid name here, wanted a label and its number such as {pool=night: 2}',
  ],
  [
    "concurrency: {labels: {pool: 0}}",
    '1:30 "concurrency.labels.pool" is 0, wanted a whole number, at least 1',
  ],
  ["labels: [night]", '1:9 "labels" is a list, wanted a mapping such as {KEY: value}'],
  ["a\0", "1:2 the file contains a NUL character, wanted a text file"],
];

describe("parseSettings()", () => {
  test.each(ACCEPTED)("%j", (text, said) => {
    expect(parse(text)).toEqual({ ok: true, value: { ...DEFAULTS, ...said } });
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

  test("and its schema are of one mind", () => {
    const texts = [...ACCEPTED.map(([text]) => text), ...REFUSED.map(([text]) => text)];
    // What is no one document, no schema is asked about.
    const documents = texts.flatMap((text) => {
      const [first, ...others] = parseAllDocuments(text);
      const isOne = first !== undefined && others.length + first.errors.length === 0 && !text.includes("\0");
      return isOne && first.contents !== null ? [[text, first.toJS() as unknown] as const] : [];
    });
    const differing = documents.filter(([text, data]) => parse(text).ok !== isValid(data, settingsSchema()));
    // The reader takes the spellings of other programs too, and a schema cannot look into a lane's name.
    expect(differing.map(([text]) => text)).toEqual([
      "gpus: {foreign_max: 0B}",
      "concurrency: {slots: {a b: 2}}",
      "concurrency: {labels: {=x: 2}}",
    ]);
    expect(documents.length).toBeGreaterThan(30);
  });

  test("gives an empty file the defaults", () => {
    expect(parse("")).toEqual({ ok: true, value: DEFAULT_SETTINGS });
  });

  test("names all faults at once", () => {
    const parsed = parse("jobs: x\ninboxes: [b]\nfoo: 1\ndefaults: {retries: -1}");
    expect(parsed.ok ? [] : parsed.error.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  });
});
