import type { Described } from "./field.ts";

/** A mapping that contains fields. */
interface Group extends Partial<Described> {
  /** The prefix of its keys in FIELDS. */
  readonly prefix: string;
  /** Its present name; both names stay valid. */
  readonly now?: string;
}

export const GROUPS: Readonly<Record<string, Group>> = {
  retry: { prefix: "retry.", about: "what is retried, and how often", more: "see `stint help retry`" },
  "retry.backoff": { prefix: "backoff.", about: "the same as backoff" },
  backoff: {
    prefix: "backoff.",
    about: "the wait before a retry",
    more: "some failures wait longer; see `stint help retry`",
    without: "`{first: 1s, max: 30s, factor: 2, jitter: full}`",
  },
  artifacts: { prefix: "artifacts." },
  logs: { prefix: "logs." },
  tracking: { prefix: "tracking." },
  stop: { prefix: "stop.", about: "how a job is stopped", more: "see `stint help control`" },
  limits: {
    prefix: "limits.",
    about: "limits that the kernel enforces",
    more: "`cpus` and `memory` only reserve; see `stint help limits`",
    without: "none",
  },
  container: {
    prefix: "container.",
    about: "the job runs in a container of podman or docker",
    more: "see `stint help containers`",
    without: "directly on this machine",
  },
  slurm: {
    prefix: "slurm.",
    about: "the job finds the variables of a job of Slurm, and `srun`",
    more: "an sbatch script sets it; see `stint help sbatch`",
    without: "none",
  },
  notify: {
    prefix: "notify.",
    about: "where to send notices of start and end",
    more: "see `stint help notify`",
    without: "none",
  },
  // YAML 1.1 reads a bare `on` as true.
  on: { prefix: "notify.", now: "notify" },
  resources: { prefix: "" },
  constraints: { prefix: "" },
  eventDelivery: { prefix: "" },
};
