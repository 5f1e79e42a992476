import { readOwnFile } from "../../lib/regular-file.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type DataFault, refusable } from "./tree.ts";

/** What a file of DVC says of its data. */
export interface DvcOutput {
  /** Of a folder, it ends with `.dir`. */
  readonly md5: string;
  /** Relative to the file's folder. */
  readonly path: string;
  /** False for a file of DVC 2 and older: its checksum of a text counts CRLF as LF. */
  readonly isPlain: boolean;
}

/** More than any of these files holds. */
const MAX_BYTES = 65_536;

/** Reads a file that `dvc add` wrote. */
export function readDvcFile(path: string): Result<DvcOutput, DataFault> {
  const text = refusable(path, () => readOwnFile(path, MAX_BYTES));
  if (!text.ok) return text;
  const output = dvcOutputIn(text.value ?? "");
  if (output !== null) return ok(output);
  const is = "names no single file or folder with its md5, wanted a file that `dvc add` wrote";
  return err({ code: "INVALID_SPEC", path, is });
}

/** The only output in the text of such a file; null where it has none or several. DVC writes one key on a line. */
export function dvcOutputIn(text: string): DvcOutput | null {
  const [, outputs = ""] = /^outs:[ \t]*\n((?:[ \t-][^\n]*\n|\n)*)/m.exec(`${text}\n`) ?? [];
  const values = new Map<string, string>();
  for (const [, key = "", value = ""] of outputs.matchAll(/^[ \t]*(?:- )?[ \t]*(\w+):[ \t]*(.*?)[ \t]*$/gm)) {
    if (values.has(key)) return null;
    values.set(key, unquoted(value));
  }
  const [md5 = "", path = ""] = [values.get("md5"), values.get("path")];
  if (!/^[0-9a-f]{32}(?:\.dir)?$/.test(md5) || path === "") return null;
  return { md5, path, isPlain: values.get("hash") === "md5" };
}

function unquoted(value: string): string {
  if (/^'.*'$/.test(value)) return value.slice(1, -1).replaceAll("''", "'");
  if (!/^".*"$/.test(value)) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
