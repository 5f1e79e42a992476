import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchHome, benchFolder, call, EXECUTABLE, filled } from "./bench-home.ts";
import { type Row, takeTurns, timed } from "./row.ts";

const MANY = 100_000;
/** A command is short: more turns than for what takes seconds. */
const TURNS = 5;

/** A compiled program that says one word: what no verb can be faster than. */
const HELLO = 'console.log("hello");\n';

/** The same that makes what a submission makes, and has it on the disk: two files in a folder, and the names of four folders. */
const SYNCED_HELLO = `import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
const [home = "", name = ""] = process.argv.slice(2);
const sync = (path) => { const file = openSync(path, "r"); fsyncSync(file); closeSync(file); };
const write = (path) => { const file = openSync(path, "wx"); writeSync(file, " ".repeat(1_500)); return file; };
mkdirSync(home + "/tmp-" + name);
closeSync(write(home + "/tmp-" + name + "/record"));
const journal = write(home + "/tmp-" + name + "/journal");
fsyncSync(journal);
closeSync(journal);
sync(home + "/tmp-" + name);
sync(home);
renameSync(home + "/tmp-" + name, home + "/" + name);
sync(home);
renameSync(home + "/" + name + "/record", home + "/" + name + ".json");
sync(home);
${HELLO}`;

async function compiled(program: string): Promise<string> {
  const folder = benchFolder();
  const source = join(folder, "program.ts");
  const executable = join(folder, "program");
  writeFileSync(source, program);
  await call([process.execPath, "build", "--compile", "--bytecode", source, "--outfile", executable], {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
  });
  return executable;
}

/** One submission, on an empty home and beside 100,000 queued tasks. */
export const SUBMIT: Row = {
  id: "submit",
  what: "one stint submit -- true",
  aim: "3 x a bare start; the same within 20 % beside 100,000 queued",
  measure: async ({ rounds }) => {
    const hello = await compiled(HELLO);
    const synced = await compiled(SYNCED_HELLO);
    const folder = benchFolder();
    let count = 0;
    await using empty = new BenchHome();
    await using full = filled(MANY, "held");
    const submit = (stint: BenchHome) => () =>
      timed(() => call([EXECUTABLE, "submit", "--quiet", "--", "true"], stint.env));
    const times = await takeTurns(
      {
        hello: () => timed(() => call([hello], empty.env)),
        synced: () => timed(() => call([synced, folder, String(++count)], empty.env)),
        empty: submit(empty),
        full: submit(full),
      },
      rounds * TURNS,
    );
    const ratio = times.empty / times.hello;
    const growth = times.full / times.empty;
    return {
      figures: Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
      says: `${ratio.toFixed(1)} x a bare start, ${(times.empty / times.synced).toFixed(1)} x one with the same syncs; ${growth.toFixed(2)} x that beside ${MANY} queued`,
      isReached: ratio <= 3 && growth <= 1.2,
    };
  },
};

/** The listing, on an empty home and beside 100,000 finished tasks. */
export const LIST: Row = {
  id: "ls",
  what: "stint ls",
  aim: "3 x a bare start on an empty home; 60 ms beside 100,000 finished",
  measure: async ({ rounds }) => {
    const hello = await compiled(HELLO);
    await using empty = filled(0, "held");
    await using full = filled(MANY, "completed");
    const list = (stint: BenchHome) => () => timed(() => call([EXECUTABLE, "ls"], stint.env));
    const times = await takeTurns(
      { hello: () => timed(() => call([hello], empty.env)), empty: list(empty), full: list(full) },
      rounds * TURNS,
    );
    const ratio = times.empty / times.hello;
    return {
      figures: Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
      says: `${ratio.toFixed(1)} x a bare start; ${times.full.toFixed(0)} ms beside ${MANY} finished`,
      isReached: ratio <= 3 && times.full <= 60,
    };
  },
};
