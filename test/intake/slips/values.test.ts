import { asSchedule, asTask, describeSlips, type Row } from "./rows.ts";

const LIST = '"run" is a list, wanted one text';
const SHELL_LINE = "which is a line for a shell, wanted the name of a program";
const DURATION = "wanted a duration such as 90s, 15m or 1h30m";
const SIZE = "wanted a size such as 512MiB or 8GB";

const PROGRAMS: readonly Row[] = [
  ["run: [ls, /]", `1:6 ${LIST} = write command: for a program and its arguments`, "command: [ls, /]"],
  ["run: [make a, make b]", `1:6 ${LIST} = write one line, or several below run: |`, "run: make a && make b"],
  [
    "run:\n  - make\n  - make x",
    `2:5 ${LIST} = write run: | and each line below it, indented, without its dash`,
    null,
  ],
  [
    "script: [make a, make b]",
    '1:9 "script" is a list, wanted one text = write one line, or several below run: |',
    "run: make a && make b",
  ],
  [
    "command: [ -f x ] && y",
    '1:10 YAML reads "[" at the beginning of a value as a list = write run: for a line of a shell, with quotes around it',
    'run: "[ -f x ] && y"',
  ],
  [
    "run: “my prog” --x",
    '1:6 "run" begins with a typographic quote, which is none for the shell = write straight quotes',
    `run: '"my prog" --x'`,
  ],
  [
    "command: [echo hi, echo ho]",
    `1:10 "command" begins with "echo hi", ${SHELL_LINE} = write run: for a shell line, or each word as an item of its own`,
    "run: echo hi && echo ho",
  ],
  [
    "command: python 'a b'",
    '1:10 "command" contains spaces, wanted a list or a single word = write run: for a shell line, or command: ["python","a b"]',
    "run: python 'a b'",
  ],
];

const unknown = (place: string, key: string, hint: string): string =>
  `${place} "${key}" is unknown = ${hint}`;

const KEYS: readonly Row[] = [
  ["run: a\nworking-directory: /x", unknown("2:1", "working-directory", "did you mean cwd?"), "cwd: /x"],
  ["run: a\ntimeout-minutes: 5", unknown("2:1", "timeout-minutes", "write timeout: 5m"), "timeout: 5m"],
  ["run: a\nmax-retries: 5 # x", unknown("2:1", "max-retries", "did you mean retries?"), "retries: 5 # x"],
  ["run: a\nnot-before: 2h", unknown("2:1", "not-before", "did you mean notBefore?"), "notBefore: 2h"],
  ["run: a\ncpus-per-task: 4", unknown("2:1", "cpus-per-task", "did you mean cpus?"), "cpus: 4"],
  ["run: a\nmemory-gb: 8", unknown("2:1", "memory-gb", "did you mean memoryGb?"), "memoryGb: 8"],
  ["run: a\nshell: bash", unknown("2:1", "shell", "did you mean runtime?"), "runtime: bash"],
  ["run: a\nshell: make x", unknown("2:1", "shell", "did you mean run?"), null],
  [
    "run: a\ndescription: it, is",
    unknown("2:1", "description", 'write annotations: {description: "it, is"}'),
    'annotations: {description: "it, is"}',
  ],
  [
    "run: a\nenv_file: .env",
    unknown("2:1", "env_file", "write envFrom: {file: .env}"),
    "envFrom: {file: .env}",
  ],
  [
    "run: a\ncontinue-on-error: true",
    unknown("2:1", "continue-on-error", "write failOnNonZero: false"),
    "failOnNonZero: false",
  ],
  [
    "run: a\nretry:\n  onTimout: true",
    '3:3 "retry.onTimout" is unknown, wanted maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass = did you mean onTimeout?',
    "  onTimeout: true",
  ],
  ["run: a\ntags: [x]", unknown("2:1", "tags", "did you mean labels?"), null],
  ["Run: make", unknown("1:1", "Run", "did you mean run?"), "run: make"],
  ["commands: [echo, hi]", unknown("1:1", "commands", "did you mean command?"), "command: [echo, hi]"],
  ["cmd: make", unknown("1:1", "cmd", "did you mean run?"), "run: make"],
  ["run: a\nservices: 5", '2:1 "services" is unknown = did you mean service?', null],
  ["run: a\ninput: 5", '2:1 "input" is unknown = did you mean inputs?', null],
];

const VALUES: readonly Row[] = [
  ["run: a\ntimeout: 1h30", `2:10 "timeout" is "1h30", ${DURATION} = write 1h30m`, "timeout: 1h30m"],
  ["run: a\ncpus: 500m", '2:7 "cpus" is "500m", wanted a whole number, at least 1 = write 1', "cpus: 1"],
  ["run: a\ngpus: true", '2:7 "gpus" is true, wanted a whole number, at least 0 = write 1', "gpus: 1"],
  [
    "run: a\nrestart: unless-stopped",
    '2:10 "restart" is "unless-stopped", wanted never, onFailure or always = write always',
    "restart: always",
  ],
  [
    "run: a\nbackoff: 5s",
    '2:10 "backoff" is "5s", wanted a mapping with first, max, factor or jitter = write {first: 5s}',
    "backoff: {first: 5s}",
  ],
  ["run: a\ncwd: $HOME/x", '2:6 "cwd" begins with a variable, which is not expanded = write ~/x', "cwd: ~/x"],
  [
    "run: a\nenv: [A=b, C=d e]",
    '2:6 "env" is a list, wanted a mapping such as {KEY: value} = write {A: b, C: "d e"}',
    'env: {A: b, C: "d e"}',
  ],
  [
    "run: a\nnotify: {failure: mail x}",
    '2:19 "notify.failure" is "mail x", wanted {command: LINE}, {webhook: ADDRESS} or {ping: ADDRESS} = write {command: "mail x"}',
    'notify: {failure: {command: "mail x"}}',
  ],
  ["run: a\nmemory: 8Gi", `2:9 "memory" is "8Gi", ${SIZE} = write 8GiB`, "memory: 8GiB"],
  ["run: a\nmemory: 8 gigabytes", `2:9 "memory" is "8 gigabytes", ${SIZE} = write 8GB`, "memory: 8GB"],
  ["run: a\nmemory: 7,5GB", `2:9 "memory" is "7,5GB", ${SIZE} = write 7.5GB`, "memory: 7.5GB"],
  ["run: a\nmemory: 4000", `2:9 "memory" is 4000 without a unit, ${SIZE} = write 4000MB`, "memory: 4000MB"],
  ["run: a\ntimeout: 2h 30m", `2:10 "timeout" is "2h 30m", ${DURATION} = write 2h30m`, "timeout: 2h30m"],
  [
    "run: a\ntimeout: 1 hour, 5 min",
    `2:10 "timeout" is "1 hour, 5 min", ${DURATION} = write 1h5m`,
    "timeout: 1h5m",
  ],
  ["run: a\ntimeout: 2 weeks", `2:10 "timeout" is "2 weeks", ${DURATION} = write 14d`, "timeout: 14d"],
  [
    "run: a\ntimeout: 1:30",
    `2:10 "timeout" is "1:30", ${DURATION} = write 1m30s for minutes and seconds, or 1h30m for hours and minutes`,
    "timeout: 1m30s",
  ],
  ["run: a\ntimeout: 01:30:00", `2:10 "timeout" is "01:30:00", ${DURATION} = write 1h30m`, "timeout: 1h30m"],
  ["run: a\ntimeout: 2-12", `2:10 "timeout" is "2-12", ${DURATION} = write 2d12h`, "timeout: 2d12h"],
  ["run: a\ntimeout: PT1H30M", `2:10 "timeout" is "PT1H30M", ${DURATION} = write 1h30m`, "timeout: 1h30m"],
  ["run: a\ntimeout: 5m;", `2:10 "timeout" is "5m;", ${DURATION} = write 5m`, "timeout: 5m"],
  [
    "run: a\ntimeout: 90",
    `2:10 "timeout" is 90 without a unit, ${DURATION} = write 90s, or 90m for minutes`,
    "timeout: 90s",
  ],
  [
    "run: a\ntimeout: infinite",
    `2:10 "timeout" is "infinite", ${DURATION} = leave it out for no limit`,
    null,
  ],
  [
    "run: a\nat: now+1hour",
    '2:5 "at" is "now+1hour", wanted a time such as 2026-05-01T03:00:00Z, 03:00, or 2h from now = write 1h',
    "at: 1h",
  ],
  [
    'run: a\ncpus: "2"',
    '2:7 "cpus" is the text "2", wanted a whole number, at least 1 = write 2 without quotes',
    "cpus: 2",
  ],
  ["run: a\nhold: yes", '2:7 "hold" is "yes", wanted true or false = write true', "hold: true"],
  [
    "run: a\nretry: 3",
    '2:8 "retry" is 3, wanted a mapping with maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass = write retries: 3',
    "retries: 3",
  ],
];

const SCHEDULES: readonly Row[] = [
  ["every: 2 hours\ntask: {run: a}", `1:8 "every" is "2 hours", ${DURATION} = write 2h`, "every: 2h"],
];

describeSlips("a program", PROGRAMS, asTask);
describeSlips("a key of another tool", KEYS, asTask);
describeSlips("a value", VALUES, asTask);
describeSlips("a value of a schedule", SCHEDULES, asSchedule);
