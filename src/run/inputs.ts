import { statSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import type { InputSpec, JsonObject } from "../model/job-data.ts";
import { notThere } from "./missing.ts";
import type { NotStarted } from "./not-started.ts";

/** Why a job cannot start: an input is the path of a file or a folder, and there is none; null where all are there. */
export function missingInput(
  id: string,
  {
    inputs,
    inputSpecs,
  }: { readonly inputs: JsonObject; readonly inputSpecs: Readonly<Record<string, InputSpec>> },
): NotStarted | null {
  for (const [name, { type }] of Object.entries(inputSpecs)) {
    const path = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if ((type !== "file" && type !== "dir") || typeof path !== "string") continue;
    const found = unlessRefused(() => statSync(path, { throwIfNoEntry: false }), undefined);
    const wanted = type === "file" ? "a file" : "a folder";
    if ((type === "file" ? found?.isFile() : found?.isDirectory()) === true) continue;
    const is = found === undefined ? "does not exist" : `is not ${wanted}`;
    return notThere(`Cannot start "${id}": the input ${name} is ${path}, which ${is}, wanted ${wanted}`);
  }
  return null;
}
