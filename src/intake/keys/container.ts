import { ENGINES, NETWORKS, PULL_POLICIES } from "../../model/kind.ts";
import { imageName, insidePath, volumes } from "../container-readers.ts";
import { args } from "../program-readers.ts";
import { duration, oneOf, size, text } from "../readers.ts";
import type { Fields } from "./field.ts";

const at = (key: string): string[] => ["spec", "kind", "container", key];
const isVerbatim = true;
const kind = "container";

/** The container that a job runs in. */
export const CONTAINER_FIELDS: Fields = {
  "container.image": {
    read: imageName,
    to: at("image"),
    about: "run in a container of this image",
    more: "use a fully qualified name (docker.io/library/alpine)",
    flag: { group: "Resources", name: "image", placeholder: "NAME" },
    also: { image: { isOurs: true } },
    isVerbatim,
    hasNoDefault: true,
    kind,
    show: null,
  },
  "container.engine": {
    read: oneOf(ENGINES),
    to: at("engine"),
    about: "podman or docker",
    without: "`container: {engine: …}` of config.yaml, else the first that is installed",
    kind,
  },
  "container.volumes": {
    read: volumes,
    to: at("volumes"),
    about: "HOST:PATH or HOST:PATH:ro",
    more: "a relative HOST is resolved against the folder of the task",
    kind,
    show: null,
  },
  "container.workdir": {
    read: insidePath,
    to: at("workdir"),
    about: "working directory in the container",
    without: "that of the image",
    isVerbatim,
    kind,
  },
  "container.user": {
    read: text,
    to: at("user"),
    about: "user in the container",
    without: "that of the image",
    isVerbatim,
    kind,
  },
  "container.network": {
    read: oneOf(NETWORKS),
    to: at("network"),
    about: "none, host or bridge",
    without: "bridge",
    kind,
  },
  "container.pull": {
    read: oneOf(PULL_POLICIES),
    to: at("pull"),
    about: "whether the image is pulled: missing, always or never",
    without: "missing",
    kind,
  },
  "container.pullTimeout": {
    read: duration(),
    to: at("pullTimeoutMs"),
    about: "maximum time of a pull",
    more: "then RUNTIME_ERROR; the task's `timeout` begins after it",
    without: "1h",
    also: { "container.pullTimeoutMs": { unit: "ms" } },
    kind,
  },
  "container.shmSize": {
    read: size(),
    to: at("shmBytes"),
    about: "size of the shared memory",
    without: "that of the engine",
    also: { "container.shmBytes": { unit: "B" } },
    kind,
  },
  "container.unsafe": {
    read: args,
    to: at("unsafe"),
    about: "flags for the engine, which stint does not check",
    without: "none",
    kind,
  },
};
