import { writeFileSync } from "node:fs";
import { tryFs } from "./fs-errors.ts";

/** True at the first call for a path, which it creates as an empty file; false where that is not possible. */
export function isFirstTime(path: string): boolean {
  return tryFs("note that a message was printed", () => writeFileSync(path, "", { flag: "wx", mode: 0o600 }))
    .ok;
}
