import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import type { Attempt } from "../../model/attempt.ts";
import type { FoundDataset } from "../../model/dataset.ts";
import { hanging } from "./wrap.ts";

/** What the data of an attempt was found to be, a line for each set. */
export function dataLines({ datasets = {} }: Attempt, columns: number): string[] {
  return Object.entries(datasets).flatMap(([name, found]) => [
    ...hanging("    ", `data ${name}: ${found.path} ${checksumOf(found)}`, { columns, hang: 2 }),
    ...(found.warning === undefined
      ? []
      : hanging("    ", `warning: ${found.warning}`, { columns, hang: 2 })),
  ]);
}

function checksumOf({ sha256, md5, bytes, files }: FoundDataset): string {
  const [kind, digest] = sha256 === undefined ? ["md5", md5] : ["sha256", sha256];
  if (digest === undefined || bytes === undefined) return "(not verified)";
  const size = files === undefined ? "" : `${counted(files, "file")}, `;
  return `(${size}${formatBytes(bytes)}, ${kind} ${digest})`;
}
