import { describe, expect, test } from "bun:test";
import { faultsIn, hintsIn } from "./rig.ts";

const DURATION = "wanted a duration such as 90s, 15m or 1h30m";
const SIZE = "wanted a size such as 512MiB or 8GB";
const MOMENT = "wanted a time such as 2026-05-01T03:00:00Z, 03:00, or 2h from now";

/** Each fault that one line beside `run: a` can have: where it is, what is said, and what to write. */
const LINES: readonly (readonly [line: string, fault: string, hint?: string])[] = [
  [
    "name: 3x",
    '2:7 "name" is "3x", wanted a letter and then letters, digits, dots, dashes or underscores',
    "a name begins with a letter: write t3x",
  ],
  [
    "name: a b",
    '2:7 "name" is "a b", wanted a letter and then letters, digits, dots, dashes or underscores',
    "write a-b",
  ],
  ["name: ", '2:7 "name" is empty, wanted text'],
  ["name: [a]", '2:7 "name" is a list, wanted text'],
  [
    `name: ${"x".repeat(129)}`,
    '2:7 "name" has 129 characters, wanted at most 128',
    `write ${"x".repeat(40)}`,
  ],
  ["timeout: 90", `2:10 "timeout" is 90 without a unit, ${DURATION}`, "write 90s, or 90m for minutes"],
  ["timeout: '90'", `2:10 "timeout" is 90 without a unit, ${DURATION}`, "write 90s, or 90m for minutes"],
  ["timeout: 0", `2:10 "timeout" is 0 without a unit, ${DURATION}`, "leave it out for no limit"],
  ["timeout: 0s", '2:10 "timeout" is 0, wanted more than 0'],
  ["timeout: 5 minutes", `2:10 "timeout" is "5 minutes", ${DURATION}`, "write 5m"],
  ["timeout: soon", `2:10 "timeout" is "soon", ${DURATION}`],
  ["timeout:", `2:9 "timeout" is empty, ${DURATION}`],
  ["timeout: [5m]", `2:10 "timeout" is a list, ${DURATION}`],
  ["timeout: 99999999d", `2:10 "timeout" is "99999999d", ${DURATION}`],
  ["stop: 60s", `2:7 "stop" is "60s", wanted a mapping with first, signal or grace`, "write {grace: 60s}"],
  ["stopGrace: 0", `2:12 "stopGrace" is 0 without a unit, ${DURATION}`, "write 0s"],
  ["memory: 8", `2:9 "memory" is 8 without a unit, ${SIZE}`, "write 8GB"],
  ["memory: 8000000000", `2:9 "memory" is 8000000000 without a unit, ${SIZE}`, "write 8000000000B"],
  ["memory: 40%", `2:9 "memory" is a share, which is not supported yet, ${SIZE}`],
  ["memory: lots", `2:9 "memory" is "lots", ${SIZE}`],
  ["memory: 0GB", '2:9 "memory" is 0GB, wanted at least 1 bytes'],
  ["logs: {maxBytes: 1KiB}", '2:18 "logs.maxBytes" is 1KiB, wanted at least 65536 bytes'],
  ["logs: apart", '2:7 "logs" is "apart", wanted together or separate'],
  ["cpus: 0", '2:7 "cpus" is 0, wanted a whole number, at least 1'],
  ["cpus: 1.5", '2:7 "cpus" is 1.5, wanted a whole number, at least 1', "write 2"],
  ['cpus: "3"', '2:7 "cpus" is the text "3", wanted a whole number, at least 1', "write 3 without quotes"],
  ["admission: replace", '2:1 "admission" has no effect without "slot"', "write slot: NAME beside it"],
  ["gpus: 0\nvram: 1GB", '2:1 "gpus" is 0, but "vram" asks for one'],
  ["gpus: all", '2:7 "gpus" is "all", wanted a whole number, at least 0'],
  ["gpus: .inf", '2:7 "gpus" is .inf, wanted a whole number, at least 0'],
  ["priority: 1001", '2:11 "priority" is 1001, wanted a whole number from 0 to 1000'],
  ["priority: -1", '2:11 "priority" is -1, wanted a whole number from 0 to 1000'],
  ["retries: -1", '2:10 "retries" is -1, wanted a whole number from 0 to 999999'],
  ["hold: yes", '2:7 "hold" is "yes", wanted true or false', "write true"],
  ["hold: 0", '2:7 "hold" is 0, wanted true or false', "write false"],
  ["hold: maybe", '2:7 "hold" is "maybe", wanted true or false'],
  [
    "restart: alwais",
    '2:10 "restart" is "alwais", wanted never, onFailure or always',
    "did you mean always?",
  ],
  ["restart: always:10", '2:10 "restart" is "always:10", wanted a span such as always:10m'],
  ["restart: always:10ms", '2:10 "restart" is under a second, wanted at least 1s between two runs'],
  ["restart: {policy: never, interval: 5m}", '2:36 "restart.interval" has no effect with never'],
  ["restart: {interval: 5m}", '2:10 "restart" has no policy, wanted {policy: always, interval: 10m}'],
  [
    "restart: {policy: always, every: 5m}",
    '2:27 "restart.every" is unknown, wanted policy, interval or intervalMs',
  ],
  ["backoff: {jitter: some}", '2:19 "backoff.jitter" is "some", wanted none, full, equal or decorrelated'],
  ["backoff: {factor: 0.5}", '2:19 "backoff.factor" is 0.5, wanted a number of at least 1'],
  ["backoff: {factor: .nan}", '2:19 "backoff.factor" is .nan, wanted a number of at least 1'],
  ["backoff: {first: 10s, max: 1s}", '2:28 "backoff.max": max is under first, wanted max ≥ first'],
  ["backoff: 5", '2:10 "backoff" is 5, wanted a mapping with first, max, factor or jitter'],
  [
    "retry: {on: [foo]}",
    '2:14 "retry.on[0]" is "foo", wanted a failure class or code such as resource or GPU_OOM',
  ],
  [
    "retry: {on: gpu_om}",
    '2:13 "retry.on" is "gpu_om", wanted a failure class or code such as resource or GPU_OOM',
    "did you mean GPU_OOM?",
  ],
  ["retry: {onExit: [0]}", '2:18 "retry.onExit[0]" is 0, wanted a whole number from 1 to 255'],
  [
    "retry: {maxatempts: 1}",
    '2:9 "retry.maxatempts" is unknown, wanted maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass',
    "did you mean maxAttempts?",
  ],
  [
    "retry: {perClass: {foo: {}}}",
    '2:20 "retry.perClass.foo" is "foo", wanted a failure class or code such as resource or GPU_OOM',
  ],
  [
    "retry: {perClass: {data: 3}}",
    '2:26 "retry.perClass.data" is 3, wanted {maxAttempts: 3} or {backoff: {first: 1m}}',
  ],
  [
    "retry: {perClass: {data: {backoff: {first: 1m, max: 1s}}}}",
    '2:53 "retry.perClass.data.backoff.max" is less than first',
  ],
  ["umask: 18", '2:8 "umask" is 18, wanted three octal digits', 'write "022"'],
  ["cwd: ~bob/x", '2:6 "cwd" names another user\'s home, which is not expanded', "write the whole path"],
  ["cwd: $HOME/x", '2:6 "cwd" begins with a variable, which is not expanded', "write ~/x"],
  ["env: [A=b]", '2:6 "env" is a list, wanted a mapping such as {KEY: value}', "write {A: b}"],
  ["env: {A: }", '2:10 "env.A" is empty, wanted text', 'write "" for an empty text'],
  ["env: {A=B: c}", '2:7 "A=B" is not a valid name here, wanted one without = and not empty'],
  ["env: {__proto__: c}", '2:7 "__proto__" is not a valid name here, wanted another one'],
  ["labels: {a: {b: c}}", '2:13 "labels.a" is a mapping, wanted text'],
  ["labels: {a: b}\nlabels.c: d", '3:1 "labels.c" duplicates "labels"', "keep one of them"],
  [
    "environment: {WANDB: x}",
    '2:14 "environment" has no policy, wanted inherit, clear or allowlist',
    "variables are set under env:",
  ],
  ["environment: none", '2:14 "environment" is "none", wanted inherit, clear or a list of names'],
  ["environment: {policy: clear, names: [A]}", '2:37 "environment.names" has no effect with clear'],
  ["environment: [A=b]", '2:15 "environment[0]" is "A=b", wanted a name alone'],
  ["notBefore: 5", `2:12 "notBefore" is 5 without a unit, ${MOMENT}`, "write 5s"],
  ["notBefore: 2026-02-30", `2:12 "notBefore" is "2026-02-30", ${MOMENT}`],
  ["at: 25:00", `2:5 "at" is "25:00", ${MOMENT}`],
  ["command: [a]", '2:1 "command" and "run" exclude each other, wanted one of run, command or script'],
  [
    "args: [a]",
    '2:1 "args" has no effect with "run"',
    "put the arguments into the line, or use command: or script:",
  ],
  [
    "runtime: ruby",
    '2:10 "runtime" is "ruby", wanted sh, bash, python, node or bun',
    "for another program write runtime: {command: ruby}",
  ],
  [
    "runtime: pyhton",
    '2:10 "runtime" is "pyhton", wanted sh, bash, python, node or bun',
    "did you mean python?",
  ],
  ["timout: 5m", '2:1 "timout" is unknown', "did you mean timeout?"],
  ["max_retrys: 5", '2:1 "max_retrys" is unknown', "did you mean retries?"],
  ["jitter: full", '2:1 "jitter" is unknown', "did you mean backoff.jitter?"],
  [
    "retry: {timeout: 5m}",
    '2:9 "retry.timeout" is unknown, wanted maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass',
    "did you mean timeout, not under retry?",
  ],
  ["workdir: /x", '2:1 "workdir" is unknown', "did you mean cwd?"],
  ["qqqqqq: 1", '2:1 "qqqqqq" is unknown'],
  [
    "security: a",
    '2:1 "security" is not supported yet',
    "the job runs with the rights of your account; limits: is supported",
  ],
  ["memory: 8GB\nmemory_gb: 8", '3:1 "memory_gb" duplicates "memory"', "keep one of them"],
  ["retries: 1\nretry: {maxAttempts: 2}", '3:9 "retry.maxAttempts" duplicates "retries"', "keep one of them"],
  ["cpus: 1\ncpus: 2", '3:1 "cpus" is given twice', "keep one of them"],
];

test("a line that is invalid YAML gives one fault, and not those that follow from it", () => {
  expect(faultsIn("a: 1\n b: 2\n")).toEqual([
    "2:1 the line is indented deeper than the key above it, which has a value already",
  ]);
});

test("a missing quote is reported where it was opened", () => {
  expect(faultsIn("run: 'x\n\n\n")).toEqual(["1:6 the quote (') is not closed"]);
});

describe("readSubmission() on one fault", () => {
  test.each(LINES.map(([line, fault, hint]) => ({ line, fault, hint })))("$line", ({ line, fault, hint }) => {
    expect(faultsIn(`run: a\n${line}`)).toEqual([fault]);
    expect(hintsIn(`run: a\n${line}`)).toEqual([hint]);
  });

  test("retry: 3 gets a hint to retries: 3", () => {
    expect(hintsIn("run: a\nretry: 3")).toEqual(["write retries: 3"]);
  });
});

describe("readSubmission() on a program", () => {
  test.each([
    ["name: a", "1:1 the task has nothing to run, wanted one of run, command or script"],
    ["args: [a]", "1:1 the task has nothing to run, wanted one of run, command or script"],
    ["runtime: bash", '1:1 "runtime" needs a script, wanted script: as well'],
    ["command: []", '1:10 "command" is an empty list, wanted a program and its arguments'],
    ["command: [[a]]", '1:11 "command[0]" is a list, wanted text'],
    ["command: [a, {b: c}]", '1:14 "command[1]" is a mapping, wanted text'],
    ["command: {a: b}", '1:10 "command" is a mapping, wanted a list'],
    ["command: python train.py", '1:10 "command" contains spaces, wanted a list or a single word'],
    ["command: [a]\nruntime: sh", '2:1 "runtime" has no effect with "command"'],
    ['command: [a]\nargs: "b \'c"', '2:7 "args" cannot be split into words: a quote (\') is not closed'],
    ['run: ""', '1:6 "run" is empty, wanted text'],
    ['run: "a\\0b"', '1:6 "run" contains a NUL character, wanted text'],
    ["run:", '1:5 "run" is empty, wanted text'],
  ])("%s", (text, fault) => {
    expect(faultsIn(text)).toEqual([fault]);
  });

  test("tells what to write in place of a command with spaces", () => {
    expect(hintsIn("command: python 'my train.py'")).toEqual([
      'write run: for a shell line, or command: ["python","my train.py"]',
    ]);
  });

  test("refuses a script over 2 MiB with its size", () => {
    const text = `script: |\n${`  ${"x".repeat(1_022)}\n`.repeat(2_100)}`;
    expect(faultsIn(text)).toEqual(["1:9 the script is 2148300 bytes, wanted at most 2097152"]);
  });
});

describe("readSubmission() on several faults", () => {
  const TEXT = [
    "name: 3x",
    "command: [a]",
    "run: b",
    "timeout: 90",
    "---",
    "- x",
    "---",
    "run: ok",
    "---",
    "a: [1",
    "---",
    "cpu: x",
    "gpsu: 1",
  ];

  test("names all faults of all documents, in their order", () => {
    expect(faultsIn(TEXT.join("\n"))).toEqual([
      '1:7 "name" is "3x", wanted a letter and then letters, digits, dots, dashes or underscores',
      '3:1 "run" and "command" exclude each other, wanted one of run, command or script',
      '4:10 "timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m',
      "6:1 the document is a list, wanted a mapping with the fields of a task",
      "10:4 the bracket ([) is not closed",
      "12:1 the task has nothing to run, wanted one of run, command or script",
      '12:6 "cpu" is "x", wanted a whole number, at least 1',
      '13:1 "gpsu" is unknown',
    ]);
  });

  test("accepts the file once they are corrected: CRLF and a byte order mark are no faults", () => {
    expect(faultsIn("\uFEFFname: 3x\r\nrun: a\r\n")).toEqual([
      '1:7 "name" is "3x", wanted a letter and then letters, digits, dots, dashes or underscores',
    ]);
    expect(faultsIn("\uFEFFname: x3\r\nrun: a\r\n")).toEqual([]);
  });
});
