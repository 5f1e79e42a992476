import { JITTERS } from "../model/backoff.ts";
import { MAX_KEY_LENGTH, MAX_SLOT_LENGTH } from "../model/identity.ts";
import { ENGINES, NETWORKS, PULL_POLICIES } from "../model/kind.ts";
import { ADMISSIONS, MAX_PRIORITY, MIN_LOG_BYTES, PARENT_FAILURES } from "../model/spec.ts";
import { flagWords, imageName, insidePath, volumes } from "./container-readers.ts";
import { environmentSources } from "./environment-readers.ts";
import { cpuShare, sizeOrNone } from "./limit-readers.ts";
import { moment } from "./moment.ts";
import { pings, receivers } from "./notice-readers.ts";
import { args, command } from "./program-readers.ts";
import { deviceNames, identifier, references, selector } from "./queue-readers.ts";
import { count, duration, factor, oneOf, type Reader, size, text, yesOrNo } from "./readers.ts";
import { classesAndCodes, exitCodes, MAX_ATTEMPTS, perClass, retries } from "./retry-readers.ts";
import { runtime } from "./runtime.ts";
import { environment, folder, logs, restart, taskName, umask } from "./task-readers.ts";
import { textMap } from "./text-map.ts";

/** One key of the task file: how it is read, and where it goes in a candidate (see progress.ts). */
export interface Field {
  readonly read: Reader<unknown>;
  readonly to: readonly string[];
  /** On the command line it is taken as typed; the others are read as YAML. */
  readonly isVerbatim?: true;
  /** A mapping with names of the user's own: `labels.paper` sets one of them. */
  readonly isOpen?: true;
  /** `stint set key=default` has nothing to go back to. */
  readonly hasNoDefault?: true;
}

const CONTAINER = ["spec", "kind", "container"];
const isVerbatim = true;
const isOpen = true;
const hasNoDefault = true;

/** Every key of a task file, of the flags of `submit` and of `stint set`, in its canonical spelling. */
export const FIELDS: Readonly<Record<string, Field>> = {
  name: { read: taskName, to: ["name"], isVerbatim, hasNoDefault },
  run: { read: text, to: ["program", "run"], isVerbatim, hasNoDefault },
  command: { read: command, to: ["program", "command"], hasNoDefault },
  args: { read: args, to: ["program", "args"], hasNoDefault },
  script: { read: text, to: ["program", "script"], isVerbatim, hasNoDefault },
  runtime: { read: runtime, to: ["program", "runtime"], hasNoDefault },
  cwd: { read: folder, to: ["spec", "kind", "cwd"], isVerbatim },
  env: { read: textMap, to: ["spec", "kind", "env"], isVerbatim, isOpen },
  envFrom: { read: environmentSources, to: ["spec", "kind", "envFrom"] },
  environment: { read: environment, to: ["spec", "kind", "environment"] },
  umask: { read: umask, to: ["spec", "kind", "umask"], isVerbatim },
  failOnNonZero: { read: yesOrNo, to: ["spec", "kind", "failOnNonZero"] },
  "container.image": { read: imageName, to: [...CONTAINER, "image"], isVerbatim, hasNoDefault },
  "container.engine": { read: oneOf(ENGINES), to: [...CONTAINER, "engine"] },
  "container.workdir": { read: insidePath, to: [...CONTAINER, "workdir"], isVerbatim },
  "container.user": { read: text, to: [...CONTAINER, "user"], isVerbatim },
  "container.volumes": { read: volumes, to: [...CONTAINER, "volumes"] },
  "container.network": { read: oneOf(NETWORKS), to: [...CONTAINER, "network"] },
  "container.pull": { read: oneOf(PULL_POLICIES), to: [...CONTAINER, "pull"] },
  "container.pullTimeout": { read: duration(), to: [...CONTAINER, "pullTimeoutMs"] },
  "container.shmSize": { read: size(), to: [...CONTAINER, "shmBytes"] },
  "container.unsafe": { read: flagWords, to: [...CONTAINER, "unsafe"] },
  timeout: { read: duration(), to: ["spec", "timeoutMs"] },
  queueTtl: { read: duration(), to: ["spec", "queueTtlMs"] },
  retries: { read: retries, to: ["spec", "retry", "maxAttempts"] },
  "retry.maxAttempts": { read: count(0, MAX_ATTEMPTS), to: ["spec", "retry", "maxAttempts"] },
  "retry.scope": { read: oneOf(["transient", "any"]), to: ["spec", "retry", "scope"] },
  "retry.on": { read: classesAndCodes, to: ["spec", "retry", "on"] },
  "retry.onExit": { read: exitCodes, to: ["spec", "retry", "onExit"] },
  "retry.never": { read: classesAndCodes, to: ["spec", "retry", "never"] },
  "retry.onTimeout": { read: yesOrNo, to: ["spec", "retry", "onTimeout"] },
  "retry.onCode": { read: yesOrNo, to: ["spec", "retry", "onCode"] },
  "retry.onOrphan": { read: oneOf(["requeue", "never"]), to: ["spec", "retry", "onOrphan"] },
  "retry.maxOrphans": { read: count(0, MAX_ATTEMPTS), to: ["spec", "retry", "maxOrphans"] },
  "retry.perClass": { read: perClass, to: ["spec", "retry", "perClass"] },
  "backoff.first": { read: duration(), to: ["spec", "backoff", "firstMs"] },
  "backoff.max": { read: duration(), to: ["spec", "backoff", "maxMs"] },
  "backoff.factor": { read: factor, to: ["spec", "backoff", "factor"] },
  "backoff.jitter": { read: oneOf(JITTERS), to: ["spec", "backoff", "jitter"] },
  restart: { read: restart, to: ["spec", "restart"] },
  slot: { read: identifier(MAX_SLOT_LENGTH), to: ["spec", "slot"], isVerbatim },
  admission: { read: oneOf(ADMISSIONS), to: ["spec", "admission"] },
  unique: { read: identifier(MAX_KEY_LENGTH), to: ["spec", "unique"], isVerbatim },
  after: { read: references, to: ["parents", "success"] },
  afterAny: { read: references, to: ["parents", "any"] },
  afterFailed: { read: references, to: ["parents", "failure"] },
  onParentFailure: { read: oneOf(PARENT_FAILURES), to: ["spec", "onParentFailure"] },
  runnerSelector: { read: selector, to: ["spec", "runnerSelector"] },
  priority: { read: count(0, MAX_PRIORITY), to: ["spec", "priority"] },
  cpus: { read: count(1), to: ["spec", "resources", "cpus"] },
  memory: { read: size(), to: ["spec", "resources", "memoryBytes"] },
  gpus: { read: count(0), to: ["spec", "resources", "gpus"] },
  vram: { read: size(), to: ["spec", "resources", "vramBytes"] },
  gpuModel: { read: text, to: ["spec", "resources", "gpuModel"], isVerbatim },
  gpuMinMemory: { read: size(), to: ["spec", "resources", "gpuMemoryBytes"] },
  gpuIds: { read: deviceNames, to: ["spec", "resources", "gpuIds"] },
  "limits.memory": { read: size(), to: ["spec", "limits", "memoryBytes"] },
  "limits.cpus": { read: cpuShare, to: ["spec", "limits", "cpus"] },
  "limits.pids": { read: count(1), to: ["spec", "limits", "pids"] },
  "limits.openFiles": { read: count(1), to: ["spec", "limits", "openFiles"] },
  "limits.fileSize": { read: size(), to: ["spec", "limits", "fileSizeBytes"] },
  "limits.core": { read: sizeOrNone, to: ["spec", "limits", "coreBytes"] },
  "limits.addressSpace": { read: size(), to: ["spec", "limits", "addressSpaceBytes"] },
  "limits.bestEffort": { read: yesOrNo, to: ["spec", "limits", "bestEffort"] },
  hold: { read: yesOrNo, to: ["spec", "hold"] },
  notBefore: { read: moment, to: ["spec", "notBefore"], isVerbatim },
  stopGrace: { read: duration(0), to: ["spec", "stopGraceMs"] },
  logs: { read: logs, to: ["spec", "logs", "separate"] },
  "logs.separate": { read: yesOrNo, to: ["spec", "logs", "separate"] },
  "logs.maxBytes": { read: size(MIN_LOG_BYTES), to: ["spec", "logs", "maxBytes"] },
  "on.start": { read: receivers, to: ["spec", "on", "start"] },
  "on.success": { read: receivers, to: ["spec", "on", "success"] },
  "on.failure": { read: receivers, to: ["spec", "on", "failure"] },
  "on.deadLetter": { read: receivers, to: ["spec", "on", "deadLetter"] },
  "on.batchEnd": { read: receivers, to: ["spec", "on", "batchEnd"] },
  "on.ping": { read: pings, to: ["spec", "on", "ping"] },
  labels: { read: textMap, to: ["labels"], isVerbatim, isOpen },
  annotations: { read: textMap, to: ["annotations"], isVerbatim, isOpen },
};
