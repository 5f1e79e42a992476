import { expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ensureHome } from "../../src/store/home.ts";
import { Stint } from "../rig/stint.ts";

/** As stint wrote it while `notify` was called `on`, and the class `job` was called `code` for people too. */
const HOME = resolve("test/fixtures/home-of-old-words");

/** The fixture as a home of the test's own: git keeps no modes. */
function copyHome({ home }: Stint): void {
  mkdirSync(home, { mode: 0o700 });
  for (const folder of ["pending", "dead-letter", "numbers"]) {
    mkdirSync(join(home, folder), { mode: 0o700 });
    cpSync(join(HOME, folder), join(home, folder), { recursive: true });
    chmodSync(join(home, folder), 0o700);
  }
  for (const file of ["home.json", "config.yaml"]) cpSync(join(HOME, file), join(home, file));
  // Nor does it keep empty folders.
  expect(ensureHome(home).ok).toBeTrue();
}

test("a home, its settings and its files with the old words work for ever, and people read the new ones", async () => {
  await using stint = new Stint();
  copyHome(stint);
  expect(await stint.ok("explain", "1")).toContain("EXIT_NONZERO (job)");
  expect(await stint.ok("show", "1")).toContain("job/EXIT_NONZERO");
  for (const word of ["job", "code"])
    expect(await stint.ok("ls", "--class", word, "--json")).toContain('"000001-failed"');
  expect(await stint.ok("stats")).toContain("job/EXIT_NONZERO");
  const told = `echo "$STINT_TASK_NAME" >> "$STINT_HOME/told.txt"`;
  writeFileSync(
    join(stint.home, "inbox", "old.yaml"),
    `name: dropped\nrun: exit 3\nretry: {on: [code], maxAttempts: 1}\non: {failure: {command: '${told}'}}\n`,
  );
  await stint.run(["drain"]);
  expect(stint.records().map(({ place }) => place)).toEqual(["dead-letter", "dead-letter", "dead-letter"]);
  const lines = stint.textOf("home/told.txt").trim().split("\n");
  expect(lines.toSorted()).toEqual(["EXIT_NONZERO", "EXIT_NONZERO", "dropped", "waiting"]);
  // What an older version reads too: records of this format keep their words.
  for (const { spec, status } of stint.records()) {
    expect(spec).toMatchObject({ on: { failure: [{ type: "command" }] }, retry: { on: ["code"] } });
    expect(status.attempts).toMatchObject([{ failure: { class: "code" } }]);
  }
  expect(existsSync(join(stint.home, "dead-letter", ".corrupt"))).toBeFalse();
});

test("a task file with the new words makes the same record as one with the old", async () => {
  await using stint = new Stint();
  const draftOf = async (yaml: string): Promise<unknown> => {
    const { out } = await stint.run(["submit", "--dry-run", "--json", "-"], { input: yaml });
    return JSON.parse(out);
  };
  const now =
    "run: a\nretry: {on: [job], never: [job], perClass: {job: {maxAttempts: 2}}}\nnotify: {ping: https://a.org}\n";
  const then = now.replaceAll("job", "code").replace("notify", "on");
  expect(await draftOf(now)).toEqual(await draftOf(then));
});
