import { formatBytes } from "../../lib/bytes.ts";
import { MAX_PRIORITY } from "../../model/spec.ts";
import { cpuShare, sizeOrNone } from "../limit-readers.ts";
import { deviceNames } from "../queue-readers.ts";
import { count, size, text, yesOrNo } from "../readers.ts";
import type { Alias, Fields } from "./field.ts";

const isZeroAbsent = true;
const at = (key: string): string[] => ["spec", "resources", key];
const limit = (key: string): string[] => ["spec", "limits", key];

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
    about: "higher first, 0 to 1000",
    more: "equal ones go in the order of submission",
    without: "0",
    flag: { group: "When it starts", placeholder: "N" },
  },
  cpus: {
    read: count(1),
    to: at("cpus"),
    about: "CPUs that it takes",
    more: "reserved and not enforced",
    without: "1",
    flag: { group: "What it needs", placeholder: "N" },
    also: { cpu: { isZeroAbsent } },
    show: (cpus: number) => `${cpus} CPUs`,
  },
  memory: {
    read: size(),
    to: at("memoryBytes"),
    about: "memory that it takes, like 8GB",
    more: "reserved and not enforced",
    without: "none",
    flag: { group: "What it needs", placeholder: "SIZE" },
    also: sizes({ memoryBytes: "B", memoryGb: "GB", memoryMb: "MB", ramMb: "MB", ramGb: "GB" }),
    show: formatBytes,
  },
  gpus: {
    read: count(0),
    to: at("gpus"),
    about: "GPUs that it takes",
    more: "whole ones",
    without: "none, unless another key asks for one",
    flag: { group: "What it needs", placeholder: "N" },
    also: { gpu: { isZeroAbsent } },
    show: null,
  },
  vram: {
    read: size(),
    to: at("vramBytes"),
    about: "memory of a GPU that it takes",
    more: "the GPU is shared",
    without: "the whole of it",
    flag: { group: "What it needs", placeholder: "SIZE" },
    also: sizes({ gpuMemory: "", gpuMemoryGb: "GB", vramBytes: "B", vramMb: "MB", vramGb: "GB" }),
    show: null,
  },
  gpuModel: {
    read: text,
    to: at("gpuModel"),
    about: "part of the name that the GPU must have",
    flag: { group: "What it needs", placeholder: "NAME" },
    isVerbatim: true,
    show: null,
  },
  gpuMinMemory: {
    read: size(),
    to: at("gpuMemoryBytes"),
    about: "the least memory that the GPU must have in all",
    flag: { group: "What it needs", placeholder: "SIZE" },
    show: null,
  },
  gpuIds: {
    read: deviceNames,
    to: at("gpuIds"),
    about: "it takes one of these GPUs: indices or ids",
    show: null,
  },
  "limits.memory": {
    read: size(),
    to: limit("memoryBytes"),
    about: "memory of the job as a whole, swap included",
    more: "over it the job is killed, OOM_KILLED with its peak on record",
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
    about: "time of so many CPUs, also 0.5",
    more: "over it the job is slowed down",
    also: { "limits.cpu": { isZeroAbsent } },
    show: null,
  },
  "limits.pids": {
    read: count(1),
    to: limit("pids"),
    about: "processes and threads",
    more: "over it the job cannot make another",
    also: { "limits.maxPids": { isZeroAbsent }, "limits.processes": { isZeroAbsent } },
    show: null,
  },
  "limits.openFiles": {
    read: count(1),
    to: limit("openFiles"),
    about: "open files of each process, as ulimit has it",
    without: "as many as its hard limit says",
    also: { "limits.nofile": {} },
    show: null,
  },
  "limits.fileSize": {
    read: size(),
    to: limit("fileSizeBytes"),
    about: "size of a file that a process writes, as ulimit has it",
    also: sizes({ "limits.fileSizeBytes": "B" }),
    show: null,
  },
  "limits.core": {
    read: sizeOrNone,
    to: limit("coreBytes"),
    about: "size of a core dump, as ulimit has it",
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
    more: "and `show` says so",
    without: "false",
    show: null,
  },
};
