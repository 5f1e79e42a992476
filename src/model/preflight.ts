import * as v from "valibot";
import { formatBytes } from "../lib/bytes.ts";

const text = v.pipe(v.string(), v.minLength(1));
const path = v.pipe(v.string(), v.startsWith("/"));
const portNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** What must hold before a task starts; it is asked on the machine, not in the container. */
const condition = v.variant("type", [
  /** The line exits with 0. */
  v.strictObject({ type: v.literal("command"), line: text }),
  /** The data is there: that of the task with this name, else a file or folder. */
  v.strictObject({ type: v.literal("dataset"), name: text, path }),
  /** No process listens on the port. */
  v.strictObject({ type: v.literal("port"), port: portNumber }),
  /** A process listens there. */
  v.strictObject({ type: v.literal("host"), host: text, port: portNumber }),
  /** So much of the disk of a folder is free. */
  v.strictObject({ type: v.literal("free"), bytes: v.pipe(v.number(), v.integer(), v.minValue(1)), path }),
]);
export type Condition = v.InferOutput<typeof condition>;

export const MAX_CONDITIONS = 32;
export const preflight = v.pipe(v.array(condition), v.minLength(1), v.maxLength(MAX_CONDITIONS));

/** A condition in words: `port 8080 is free`. */
export function describeCondition(of: Condition): string {
  switch (of.type) {
    case "command":
      return of.line;
    case "dataset":
      return `${of.name} is there`;
    case "port":
      return `port ${of.port} is free`;
    case "host":
      return `${of.host}:${of.port} answers`;
    case "free":
      return `${formatBytes(of.bytes)} are free at ${of.path}`;
  }
}
