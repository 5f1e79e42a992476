import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type DirectoryWatch, watchDirectories } from "../../src/intake/watch.ts";
import { makeFolder, until } from "./rig.ts";

interface Watching {
  readonly watch: DirectoryWatch;
  readonly nudges: string[];
  readonly problems: string[];
  /** Does something and waits until it is noticed. */
  readonly notices: (path: string, work: () => void) => Promise<void>;
}

/** Watches, and is ready: chokidar says so with a nudge of its own. */
async function startWatching(paths: string[]): Promise<Watching> {
  const nudges: string[] = [];
  const problems: string[] = [];
  const watch = watchDirectories(paths, {
    nudge: (path) => nudges.push(path),
    onProblem: (text) => problems.push(text),
  });
  await until(() => paths.every((path) => nudges.includes(path)));
  await Bun.sleep(50);
  nudges.length = 0;
  const notices = async (path: string, work: () => void): Promise<void> => {
    const before = nudges.filter((one) => one === path).length;
    work();
    await until(() => nudges.filter((one) => one === path).length > before);
    await Bun.sleep(150);
  };
  return { watch, nudges, problems, notices };
}

describe("watchDirectories()", () => {
  test("nudges for what is written, renamed in and made, with the folder's path", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at("one"));
    mkdirSync(folder.at("two"));
    const { watch, nudges, problems, notices } = await startWatching([folder.at("one"), folder.at("two")]);
    await using _ = watch;
    await notices(folder.at("one"), () => folder.write("one/a.yaml", "run: a"));
    expect(new Set(nudges)).toEqual(new Set([folder.at("one")]));
    folder.write("b.yaml", "run: b");
    await notices(folder.at("two"), () => renameSync(folder.at("b.yaml"), folder.at("two/b.yaml")));
    await notices(folder.at("two"), () => folder.write("two/b.yaml", "run: c"));
    expect(problems).toEqual([]);
  });

  test("does not nudge for temporary files of editors, nor for files in subfolders", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at("in/deep"), { recursive: true });
    const { watch, nudges, notices } = await startWatching([folder.at("in")]);
    await using _ = watch;
    folder.write("in/.a.yaml.swp", "x");
    folder.write("in/a.yaml~", "x");
    folder.write("in/deep/a.yaml", "x");
    await Bun.sleep(300);
    expect(nudges).toEqual([]);
    await notices(folder.at("in"), () => folder.write("in/a.yaml", "x"));
  });

  test("watches a folder whose own name begins with a dot", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at(".in"));
    const { watch, notices } = await startWatching([folder.at(".in")]);
    await using _ = watch;
    await notices(folder.at(".in"), () => folder.write(".in/a.yaml", "x"));
  });

  test("nudges again after the folder was deleted and made again, twice", async () => {
    using folder = makeFolder();
    const path = folder.at("in");
    mkdirSync(path);
    const { watch, notices } = await startWatching([path]);
    await using _ = watch;
    for (const round of [1, 2]) {
      await notices(path, () => rmSync(path, { recursive: true }));
      await notices(path, () => mkdirSync(path));
      await notices(path, () => writeFileSync(`${path}/${round}.yaml`, "run: a"));
      await notices(path, () => writeFileSync(`${path}/${round}-more.yaml`, "run: a"));
    }
  });

  test("nudges after another folder took the place of the watched one", async () => {
    using folder = makeFolder();
    const path = folder.at("in");
    mkdirSync(path);
    const { watch, notices } = await startWatching([path]);
    await using _ = watch;
    renameSync(path, folder.at("old"));
    mkdirSync(path);
    await Bun.sleep(200);
    watch.refresh();
    await Bun.sleep(200);
    await notices(path, () => writeFileSync(`${path}/a.yaml`, "run: a"));
  });

  test("finds a folder that was not there at first", async () => {
    using folder = makeFolder();
    const path = folder.at("later");
    const nudges: string[] = [];
    await using watch = watchDirectories([path], {
      nudge: () => nudges.push(path),
      onProblem: () => undefined,
    });
    await Bun.sleep(100);
    mkdirSync(path);
    await Bun.sleep(100);
    watch.refresh();
    await Bun.sleep(200);
    nudges.length = 0;
    writeFileSync(`${path}/a.yaml`, "run: a");
    await until(() => nudges.length > 0);
  });

  test("follows a link to a folder, and notices when it leads elsewhere", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at("one"));
    mkdirSync(folder.at("two"));
    symlinkSync("one", folder.at("in"));
    const { watch, notices } = await startWatching([folder.at("in")]);
    await using _ = watch;
    await notices(folder.at("in"), () => folder.write("one/a.yaml", "x"));
    rmSync(folder.at("in"));
    symlinkSync("two", folder.at("in"));
    await notices(folder.at("in"), () => watch.refresh());
    await notices(folder.at("in"), () => folder.write("two/a.yaml", "x"));
  });

  test("reports once what the system refuses, and goes on with the other folders", async () => {
    using folder = makeFolder();
    symlinkSync("loop", folder.at("loop"));
    mkdirSync(folder.at("in"));
    const { watch, problems, notices } = await startWatching([folder.at("loop/x"), folder.at("in")]);
    await using _ = watch;
    expect(problems).toEqual([expect.stringMatching(/^Cannot watch ".*\/loop\/x": ELOOP/)]);
    await notices(folder.at("in"), () => folder.write("in/a.yaml", "x"));
    rmSync(folder.at("loop"));
    mkdirSync(folder.at("loop/x"), { recursive: true });
    await notices(folder.at("loop/x"), () => watch.refresh());
    rmSync(folder.at("loop"), { recursive: true });
    symlinkSync("loop", folder.at("loop"));
    await notices(folder.at("loop/x"), () => watch.refresh());
    expect(problems).toHaveLength(1);
  });

  test("refresh() nudges for a replaced folder, and not for the same one", async () => {
    using folder = makeFolder();
    const path = folder.at("in");
    mkdirSync(path);
    const { watch, nudges } = await startWatching([path]);
    await using _ = watch;
    watch.refresh();
    await Bun.sleep(100);
    expect(nudges).toEqual([]);
    rmSync(path, { recursive: true });
    mkdirSync(path);
    nudges.length = 0;
    watch.refresh();
    expect(nudges).toEqual([path]);
  });

  test("does not nudge once it is closed", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at("in"));
    const { watch, nudges } = await startWatching([folder.at("in")]);
    await watch[Symbol.asyncDispose]();
    folder.write("in/a.yaml", "x");
    rmSync(folder.at("in"), { recursive: true });
    mkdirSync(folder.at("in"));
    watch.refresh();
    await Bun.sleep(200);
    expect(nudges).toEqual([]);
  });

  test("nudges for a burst of files", async () => {
    using folder = makeFolder();
    mkdirSync(folder.at("in"));
    const { watch, nudges } = await startWatching([folder.at("in")]);
    await using _ = watch;
    for (let count = 0; count < 300; count += 1) folder.write(`in/${count}.yaml`, "run: a");
    await until(() => nudges.length >= 1);
  });
});
