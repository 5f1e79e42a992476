import type { Artifacts, SeenArtifact } from "../../desk/artifacts.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { oneLine } from "../../lib/printable.ts";
import { ARTIFACTS_FOLDER } from "../../model/attempt-files.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

const HASH_LENGTH = 12;

/** The artifacts of an attempt, a line each. */
export function artifactsText(
  { task, attempt, folder, artifacts, others }: Artifacts,
  { style, columns }: { readonly style: Style; readonly columns: number },
): string {
  const there = artifacts.filter(({ isGone }) => isGone !== true);
  const head = `${style.bold(task)}, attempt ${attempt}: ${counted(there.length, "artifact")}, ${totalOf(there)}`;
  const path = oneLine(folder);
  const parts = [
    `${head}\n`,
    there.length === 0 ? "" : `  ${path}/${ARTIFACTS_FOLDER}\n`,
    renderTable(artifacts.map(rowOf), { columns }),
    others.length === 0 ? "" : `  beside them, in ${path}\n`,
    renderTable(others.map(rowOf), { columns }),
  ];
  return parts.join("");
}

function rowOf({ path, bytes, sha256, link, isGone }: SeenArtifact): string[] {
  const note = isGone === true ? "removed since" : link === undefined ? "" : `-> ${link}`;
  return ["", formatBytes(bytes), sha256?.slice(0, HASH_LENGTH) ?? "", `${path} ${note}`.trimEnd()];
}

function totalOf(artifacts: readonly SeenArtifact[]): string {
  return formatBytes(artifacts.reduce((total, { bytes }) => total + bytes, 0));
}
