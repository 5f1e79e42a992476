import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { ok, type Result } from "../../lib/result.ts";
import { MAX_PRIORITY } from "../../model/spec.ts";
import type { Fault } from "../fault.ts";
import { deviceNames } from "../queue-readers.ts";
import { atLeast, count, type ReadContext, reader, size, text, yesOrNo } from "../readers.ts";
import type { Value } from "../value.ts";
import type { Alias, Fields } from "./field.ts";

const isZeroAbsent = true;
const at = (key: string): string[] => ["spec", "resources", key];
const limit = (key: string): string[] => ["spec", "limits", key];

/** A number of CPUs, fractions included; the kernel has no smaller share. */
const cpuShare = atLeast(0.01, "a number of CPUs");

const anySize = size(0);

/** A size; a bare 0 needs no unit. */
const sizeOrNone = reader(
  () => ({ anyOf: [anySize.schema, { const: 0 }] }),
  (value: Value, context: ReadContext): Result<number, Fault[]> =>
    value.type === "scalar" && value.data === 0 ? ok(0) : anySize(value, context),
  (bytes) => anySize.print?.(bytes) ?? "",
);

/** The seeds' spellings of a size, each with its unit. */
function sizes(units: Readonly<Record<string, string>>): Record<string, Alias> {
  return Object.fromEntries(
    Object.entries(units).map(([key, unit]) => [
      key,
      unit === "" ? { isZeroAbsent } : { unit, isZeroAbsent },
    ]),
  );
}

/** What it takes of the machine, and what it is held to. */
export const NEED_FIELDS: Fields = {
  priority: {
    read: count(0, MAX_PRIORITY),
    to: ["spec", "priority"],
    about: "higher starts first, 0 to 1000",
    more: "ties start in order of submission",
    without: "0",
    flag: { group: "Scheduling", placeholder: "N" },
  },
  cpus: {
    read: count(1),
    to: at("cpus"),
    about: "number of CPUs",
    more: "reserved and not enforced",
    without: "1",
    flag: { group: "Resources", placeholder: "N", short: "c", aliases: ["cpus-per-task"] },
    also: { cpu: { isZeroAbsent } },
    show: (cpus: number) => counted(cpus, "CPU"),
  },
  memory: {
    read: size(),
    to: at("memoryBytes"),
    about: "memory, such as 8GB",
    more: "reserved and not enforced",
    without: "none",
    flag: { group: "Resources", placeholder: "SIZE" },
    also: sizes({ memoryBytes: "B", memoryGb: "GB", memoryMb: "MB", ramMb: "MB", ramGb: "GB" }),
    show: (bytes: number) => `${formatBytes(bytes)} of memory`,
  },
  gpus: {
    read: count(0),
    to: at("gpus"),
    about: "number of GPUs",
    more: "each for this task alone; `vram` shares one",
    without: "none; one if another key asks for a GPU",
    flag: { group: "Resources", placeholder: "N", short: "G" },
    also: { gpu: { isZeroAbsent } },
    show: null,
  },
  vram: {
    read: size(),
    to: at("vramBytes"),
    about: "GPU memory needed",
    more: "the GPU is shared",
    without: "a whole GPU",
    flag: { group: "Resources", placeholder: "SIZE" },
    also: sizes({ gpuMemory: "", gpuMemoryGb: "GB", vramBytes: "B", vramMb: "MB", vramGb: "GB" }),
    show: null,
  },
  gpuModel: {
    read: text,
    to: at("gpuModel"),
    about: "GPU whose name contains this",
    flag: { group: "Resources", placeholder: "NAME" },
    completes: "gpuModels",
    isVerbatim: true,
    show: null,
  },
  gpuMinMemory: {
    read: size(),
    to: at("gpuMemoryBytes"),
    about: "minimum total memory of the GPU",
    flag: { group: "Resources", placeholder: "SIZE" },
    show: null,
  },
  gpuIds: {
    read: deviceNames,
    to: at("gpuIds"),
    about: "the allowed GPUs, by index or id",
    completes: "gpus",
    show: null,
  },
  "limits.memory": {
    read: size(),
    to: limit("memoryBytes"),
    about: "memory of the job as a whole, swap included",
    more: "beyond it the job is killed, OOM_KILLED with its peak on record",
    also: sizes({
      "limits.mem": "",
      "limits.memoryBytes": "B",
      "limits.memoryMb": "MB",
      "limits.memoryGb": "GB",
    }),
    show: null,
  },
  "limits.cpus": {
    read: cpuShare,
    to: limit("cpus"),
    about: "CPU time, in CPUs, such as 0.5",
    more: "beyond it the job is throttled",
    also: { "limits.cpu": { isZeroAbsent } },
    show: null,
  },
  "limits.pids": {
    read: count(1),
    to: limit("pids"),
    about: "processes and threads",
    more: "beyond it the job cannot create more",
    also: { "limits.maxPids": { isZeroAbsent }, "limits.processes": { isZeroAbsent } },
    show: null,
  },
  "limits.openFiles": {
    read: count(1),
    to: limit("openFiles"),
    about: "open files of each process, as in ulimit",
    without: "the hard limit",
    also: { "limits.nofile": {} },
    show: null,
  },
  "limits.fileSize": {
    read: size(),
    to: limit("fileSizeBytes"),
    about: "size of a file that a process writes, as in ulimit",
    also: sizes({ "limits.fileSizeBytes": "B" }),
    show: null,
  },
  "limits.core": {
    read: sizeOrNone,
    to: limit("coreBytes"),
    about: "size of a core dump, as in ulimit",
    also: { "limits.coreBytes": { unit: "B" } },
    show: null,
  },
  "limits.addressSpace": {
    read: size(),
    to: limit("addressSpaceBytes"),
    about: "virtual memory of each process",
    more: "CUDA maps far more than it uses and fails under it",
    also: sizes({ "limits.addressSpaceBytes": "B" }),
    show: null,
  },
  "limits.bestEffort": {
    read: yesOrNo,
    to: limit("bestEffort"),
    about: "where a limit cannot be enforced, the job runs without it",
    more: "`stint show` says so",
    without: "false",
    show: null,
  },
};
