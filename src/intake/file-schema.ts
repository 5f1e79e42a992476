import { JITTERS } from "../model/backoff.ts";
import { FAILURE_CLASSES, FAILURE_CODES } from "../model/failure.ts";
import { NAME_PATTERN } from "../model/identity.ts";
import { ENGINES, NETWORKS, PULL_POLICIES, RUNTIMES } from "../model/kind.ts";
import { ADMISSIONS, MAX_PRIORITY, PARENT_FAILURES } from "../model/spec.ts";
import { MIN_CPU_SHARE } from "./limit-readers.ts";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const words: Schema = { type: "array", items: text };
const texts: Schema = { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } };
/** A duration with its unit. */
export const duration: Schema = {
  type: "string",
  pattern: "^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$",
  examples: ["90s", "1h30m"],
};
const size: Schema = {
  type: "string",
  pattern: "^\\d+(\\.\\d+)?\\s*([kKmMgGtT]([iI]?[bB])?|[bB])$",
  examples: ["512MiB", "8GB"],
};
const classesOrCodes: Schema = { type: "array", items: { enum: [...FAILURE_CLASSES, ...FAILURE_CODES] } };

const parents: Schema = {
  anyOf: [text, { type: "integer" }, { type: "array", items: { type: ["string", "integer"] } }],
};

function count(minimum: number, maximum?: number): Schema {
  return { type: "integer", minimum, ...(maximum !== undefined && { maximum }) };
}

function group(properties: Record<string, Schema>): Schema {
  return { type: "object", additionalProperties: false, properties };
}

const environmentSource = {
  anyOf: [
    { ...group({ file: text }), required: ["file"] },
    { ...group({ env: { anyOf: [text, words] } }), required: ["env"] },
  ],
};

const url: Schema = { ...text, pattern: "^https?://" };
const addressed = { url, urlEnv: text, urlFile: text };
const address: Schema = { anyOf: [url, group(addressed)] };
const place: Schema = group({ env: text, file: text });
const receiver: Schema = {
  minProperties: 1,
  maxProperties: 1,
  ...group({
    command: { anyOf: [text, words], description: "a program with its arguments, or a shell line" },
    webhook: {
      anyOf: [
        url,
        group({
          ...addressed,
          secretEnv: text,
          secretFile: text,
          headers: { type: "object", additionalProperties: { anyOf: [text, place] } },
        }),
      ],
    },
    ping: address,
  }),
};
const receivers: Schema = { anyOf: [receiver, { type: "array", items: receiver }] };

const backoff = group({
  first: duration,
  max: duration,
  factor: { type: "number", minimum: 1 },
  jitter: { enum: [...JITTERS] },
});

const scalar: Schema = { type: ["string", "number", "boolean"] };
const range: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["from", "to"],
  properties: { from: { type: "number" }, to: { type: "number" }, step: { type: "number" } },
};
const combinations: Schema = {
  type: "array",
  items: { type: "object", additionalProperties: scalar, minProperties: 1 },
};
const indices: Schema = { type: ["string", "integer"], examples: ["1-100", "1-100:10"] };

/** The keys that make one document many tasks. */
export const SWEEP_SCHEMAS: Readonly<Record<string, Schema>> = {
  matrix: {
    description: "one task for each combination; ${{ matrix.NAME }} stands for a value",
    type: "object",
    properties: { include: combinations, exclude: combinations },
    additionalProperties: { anyOf: [{ type: "array", items: scalar, minItems: 1 }, scalar, range] },
  },
  each: { ...text, description: "one task for each row of a .csv, .jsonl or .txt; ${{ each.COLUMN }}" },
  array: {
    description: "one task for each number; ${{ array.index }}",
    anyOf: [indices, { type: "array", items: indices, minItems: 1 }],
  },
  maxParallel: { ...count(1), description: "members of the sweep that may run at a time" },
  maxFailures: { ...count(1), description: "so many failed members call the waiting ones off" },
};

/** What an editor is told of each key of the task file; a test holds it against the fields that are read. */
export const KEY_SCHEMAS: Readonly<Record<string, Schema>> = {
  name: { ...text, pattern: NAME_PATTERN.source },
  run: { ...text, description: "a shell line" },
  command: { description: "a program with its arguments", anyOf: [text, words] },
  args: words,
  script: { ...text, description: "the body of a script for `runtime`" },
  runtime: { anyOf: [{ enum: [...RUNTIMES] }, group({ command: text, flag: text })] },
  cwd: text,
  env: texts,
  envFrom: {
    description:
      "variables whose values no record holds: from files of mode 0600, or of the submitter by name",
    anyOf: [environmentSource, { type: "array", items: environmentSource }],
  },
  environment: { anyOf: [{ enum: ["inherit", "clear"] }, group({ allowlist: words })] },
  umask: { type: ["string", "integer"] },
  failOnNonZero: flag,
  image: { ...text, description: "the same as container: {image: …}" },
  container: {
    ...group({
      image: text,
      command: { description: "in place of the image's entrypoint", anyOf: [text, words] },
      args: { anyOf: [text, words] },
      env: texts,
      engine: { enum: [...ENGINES] },
      workdir: { ...text, pattern: "^/" },
      user: { type: ["string", "integer"] },
      volumes: { description: "HOST:PATH or HOST:PATH:ro", anyOf: [text, words] },
      network: { enum: [...NETWORKS] },
      pull: { enum: [...PULL_POLICIES] },
      pullTimeout: duration,
      shmSize: size,
      unsafe: { description: "flags for the engine that stint does not look at", anyOf: [text, words] },
    }),
    description: "the job runs in a container of podman or docker",
  },
  timeout: { ...duration, description: "of one attempt" },
  queueTtl: duration,
  retries: count(0),
  retry: group({
    maxAttempts: count(0),
    scope: { enum: ["transient", "any"] },
    on: classesOrCodes,
    onExit: { type: "array", items: count(1, 255) },
    never: classesOrCodes,
    onTimeout: flag,
    onCode: flag,
    onOrphan: { enum: ["requeue", "never"] },
    maxOrphans: count(0),
    perClass: { type: "object", additionalProperties: group({ maxAttempts: count(0), backoff }) },
    backoff,
  }),
  backoff,
  restart: {
    anyOf: [
      { ...text, pattern: "^(never|onFailure|always(:.+)?)$" },
      group({ policy: text, interval: duration }),
    ],
  },
  priority: count(0, MAX_PRIORITY),
  cpus: count(1),
  memory: size,
  gpus: count(0),
  vram: size,
  gpuModel: { ...text, description: "part of the GPU's name" },
  gpuMinMemory: { ...size, description: "the least memory that each GPU has in all" },
  gpuIds: { anyOf: [text, { type: "integer" }, { type: "array", items: { type: ["string", "integer"] } }] },
  slot: { ...text, description: "a lane: its tasks run one after the other" },
  admission: { enum: [...ADMISSIONS] },
  unique: { ...text, description: "not queued while another task with this key has not ended" },
  after: { ...parents, description: "starts once these have succeeded: numbers, ids or names" },
  afterAny: { ...parents, description: "starts once these have ended, however" },
  afterFailed: { ...parents, description: "starts once these have failed" },
  onParentFailure: { enum: [...PARENT_FAILURES] },
  runnerSelector: {
    anyOf: [text, texts, { type: "array", items: { anyOf: [text, { type: "object" }] } }],
  },
  limits: {
    ...group({
      memory: size,
      cpus: { type: "number", minimum: MIN_CPU_SHARE },
      pids: count(1),
      openFiles: count(1),
      fileSize: size,
      core: { anyOf: [size, { const: 0 }] },
      addressSpace: size,
      bestEffort: flag,
    }),
    description: "enforced by the kernel; cpus and memory outside it only reserve",
  },
  hold: flag,
  notBefore: { ...text, description: "a time, or a duration from now" },
  stopGrace: duration,
  logs: { anyOf: [{ enum: ["separate"] }, group({ separate: flag, maxBytes: size })] },
  on: {
    ...group({
      start: receivers,
      success: receivers,
      failure: receivers,
      deadLetter: receivers,
      batchEnd: receivers,
      ping: { ...address, description: "a dead-man switch: told of start, success and failure" },
    }),
    description: "who is told of its start and its end",
  },
  labels: texts,
  annotations: texts,
};

/** The JSON Schema (draft 2020-12) of the short form of a task file: one document of it. */
export function taskFileSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "stint task",
    type: "object",
    additionalProperties: false,
    properties: { ...withPlaceholders(KEY_SCHEMAS), ...SWEEP_SCHEMAS },
    oneOf: [
      ...PROGRAM_KEYS,
      // An image may bring its own program along.
      { anyOf: [{ required: ["container"] }, { required: ["image"] }], not: { anyOf: PROGRAM_KEYS } },
    ],
  };
}

const PROGRAM_KEYS: readonly Schema[] = ["run", "command", "script"].map((key) => ({ required: [key] }));

const placeholder: Schema = { type: "string", pattern: "\\$\\{\\{" };

/** In a sweep any value may be written with placeholders. */
function withPlaceholders(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const takesText = (schema: Schema): boolean =>
    schema["type"] === "string" && schema["pattern"] === undefined;
  return Object.fromEntries(
    Object.entries(schemas).map(([key, schema]) => [
      key,
      takesText(schema) ? schema : { anyOf: [schema, placeholder] },
    ]),
  );
}
