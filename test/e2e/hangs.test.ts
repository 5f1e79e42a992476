import { expect, test } from "bun:test";
import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Sets the time of the last output of the first attempt back. */
function silentSince(stint: Stint, id: string, seconds: number): void {
  const path = join(stint.home, "runs", id, "1", "output.log");
  const { mtimeMs } = statSync(path);
  utimesSync(path, mtimeMs / 1_000, mtimeMs / 1_000 - seconds);
}

test("explain shows what a job that hangs wrote last, and when", async () => {
  await using stint = new Stint();
  await stint.up();
  await stint.ok("submit", "--name", "hangs", "--", "sh", "-c", "echo epoch 3; echo; exec sleep 10000");
  await stint.ok("submit", "--name", "mute", "--", "sleep", "10000");
  await stint.reach(1, "running");
  await stint.reach(2, "running");
  const said = async (): Promise<string> => stint.ok("explain", "1");
  const log = join(stint.home, "runs", "000001-hangs", "1", "output.log");
  await until("it has written a line", () => statSync(log, { throwIfNoEntry: false })?.size === 9);
  silentSince(stint, "000001-hangs", 7_210);
  expect(await said()).toMatch(/\n\nLast output, 2h( \d+m)? ago:\n {2}\| epoch 3$/);
  expect(await stint.ok("explain", "2")).toContain("\nIt has written no output yet.");
});

test("explain of a timeout tells how long the job had been silent", async () => {
  await using stint = new Stint();
  await stint.run([
    "run",
    "--name",
    "hangs",
    "--timeout",
    "1s",
    "--",
    "sh",
    "-c",
    "echo epoch 3; exec sleep 10000",
  ]);
  const said = async (): Promise<string> => stint.ok("explain", "1");
  expect(await said()).toContain("\nLog:\n  | epoch 3\n");
  silentSince(stint, "000001-hangs", 7_200);
  expect(await said()).toMatch(
    /\nLog \(its last line was written 2h( 0m)?( 1s)? before its end\):\n {2}\| epoch 3\n/,
  );
});
