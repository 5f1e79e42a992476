import { expect, test } from "bun:test";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openForWriting } from "../../src/lib/open-files.ts";
import { wholeOf } from "../../src/lib/steps.ts";
import { TempHome } from "../rig/temp-home.ts";

test("a file that a process holds open for writing is found, and one that is only read is not", async () => {
  await using home = new TempHome();
  const folder = home.layout.inbox;
  const opened = (name: string, flags: string): number => {
    writeFileSync(join(folder, name), "");
    return openSync(join(folder, name), flags);
  };
  const [written, read] = [opened("written", "a"), opened("read", "r")];
  const names = new Set(["written", "read", "missing"]);
  expect([...wholeOf(openForWriting(folder, names))]).toEqual([["written", process.pid]]);
  closeSync(written);
  expect(wholeOf(openForWriting(folder, names)).size).toBe(0);
  closeSync(read);
});
