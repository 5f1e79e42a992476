import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureHome, openHome } from "../../src/store/home.ts";
import { reserveNumbers } from "../../src/store/numbers.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aTask } from "../rig/tasks.ts";
import { filesIn, TempDirectory, TempHome } from "../rig/temp-home.ts";
import { race } from "../rig/workers.ts";

const IS_ROOT = process.getuid?.() === 0;
const FOLDERS = [
  "dead-letter",
  "done",
  "env",
  "inbox",
  "incoming",
  "journal",
  "locks",
  "notices",
  "numbers",
  "pending",
  "requests",
  "running",
  "runs",
  "schedules",
  "tmp",
];

const entriesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();

describe("ensureHome()", () => {
  test("makes a complete home, for the owner alone", async () => {
    await using place = new TempDirectory();
    const home = join(place.path, "deep", "home");
    const layout = valueOf(ensureHome(home));
    expect(layout.home).toBe(home);
    expect(readdirSync(home).toSorted()).toEqual([...FOLDERS, "home.json"].toSorted());
    for (const folder of ["", ...FOLDERS]) expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
    expect(filesIn(home)).toEqual(["home.json", "numbers/1"]);
    expect(JSON.parse(readFileSync(layout.version, "utf8"))).toEqual({ version: 1 });
    expect(statSync(layout.version).mode & 0o777).toBe(0o600);
  });

  test("changes nothing in a complete home, and makes again what is missing", async () => {
    await using home = new TempHome();
    reserveNumbers(home.layout, 4);
    home.put(aTask());
    rmSync(home.layout.requests, { recursive: true });
    const before = home.files();
    valueOf(ensureHome(home.layout.home));
    expect(home.files()).toEqual(before);
    expect(existsSync(home.layout.requests)).toBeTrue();
  });

  test("completes a home that a crash left incomplete, at any step", async () => {
    await using place = new TempDirectory();
    const whole = join(place.path, "whole");
    ensureHome(whole);
    for (const missing of ["home.json", "numbers", "tmp", "pending"]) {
      const home = join(place.path, `without-${missing}`);
      ensureHome(home);
      rmSync(join(home, "home.json"));
      rmSync(join(home, missing), { recursive: true, force: true });
      valueOf(ensureHome(home));
      expect(filesIn(home)).toEqual(filesIn(whole));
    }
  });

  test("accepts a link to a folder, and runs/ elsewhere", async () => {
    await using place = new TempDirectory();
    mkdirSync(join(place.path, "real"));
    mkdirSync(join(place.path, "big-disk"));
    symlinkSync(join(place.path, "real"), join(place.path, "home"));
    symlinkSync(join(place.path, "big-disk"), join(place.path, "real", "runs"));
    valueOf(ensureHome(join(place.path, "home")));
    expect(existsSync(join(place.path, "real", "home.json"))).toBeTrue();
  });

  test("makes one home with one number file where eight processes make it at once", async () => {
    await using place = new TempDirectory();
    for (const round of ["a", "b", "c"]) {
      const home = join(place.path, round, "home");
      const made = await race(
        home,
        Array.from({ length: 8 }, () => ["ensure"] as const),
      );
      const firsts = made.map((outcome) => (outcome as { first: number }).first);
      expect(firsts.toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(filesIn(home)).toEqual(["home.json", "numbers/9"]);
    }
  });
});

describe("a home of another version", () => {
  test.each([
    ["ensureHome", ensureHome],
    ["openHome", openHome],
  ])("%s() refuses a newer one and leaves it unchanged", async (_name, open) => {
    await using home = new TempHome();
    writeFileSync(home.layout.version, '{"version":2,"more":true}');
    // A later version may have another layout.
    for (const folder of ["incoming", "env"]) rmSync(join(home.layout.home, folder), { recursive: true });
    const before = entriesOf(home.layout.home);
    const problem = errorOf(open(home.layout.home));
    expect(problem.code).toBe("HOME_NEWER");
    expect(problem.message).toContain("version 2");
    expect(entriesOf(home.layout.home)).toEqual(before);
    expect(readFileSync(home.layout.version, "utf8")).toBe('{"version":2,"more":true}');
  });

  test.each(["", "{", "[]", "null", '{"version":"1"}', '{"version":0}', "{}"])(
    "is refused where home.json holds %j",
    async (text) => {
      await using home = new TempHome();
      writeFileSync(home.layout.version, text);
      for (const open of [ensureHome, openHome])
        expect(errorOf(open(home.layout.home)).code).toBe("HOME_UNUSABLE");
      expect(readFileSync(home.layout.version, "utf8")).toBe(text);
    },
  );
});

describe("openHome()", () => {
  test("opens an existing home, and makes none", async () => {
    await using home = new TempHome();
    expect(valueOf(openHome(home.layout.home)).home).toBe(home.layout.home);
    const missing = join(home.path, "missing");
    const problem = errorOf(openHome(missing));
    expect(problem.code).toBe("HOME_MISSING");
    expect(problem.message).toBe(`Cannot open the home "${missing}": it does not exist`);
    expect(existsSync(missing)).toBeFalse();
  });
});

describe("an unusable home", () => {
  test("is one under a file", async () => {
    await using place = new TempDirectory();
    writeFileSync(join(place.path, "file"), "mine");
    for (const path of ["file", "file/home"]) {
      const problem = errorOf(ensureHome(join(place.path, path)));
      expect(problem.message).toStartWith(`Cannot make the home "${join(place.path, path)}"`);
    }
    expect(readFileSync(join(place.path, "file"), "utf8")).toBe("mine");
  });

  test.if(IS_ROOT)("is one of another user", async () => {
    await using home = new TempHome();
    chownSync(home.layout.home, 12_345, 12_345);
    const problem = errorOf(ensureHome(home.layout.home));
    expect(problem.code).toBe("HOME_UNUSABLE");
    expect(problem.message).toContain("belongs to user 12345, wanted user 0");
  });

  test.if(!IS_ROOT)("is one that its owner cannot write to", async () => {
    await using home = new TempHome();
    chmodSync(home.layout.home, 0o500);
    const problem = errorOf(ensureHome(home.layout.home));
    chmodSync(home.layout.home, 0o700);
    expect(problem.code).toBe("HOME_UNUSABLE");
  });

  test.if(IS_ROOT)("is one on a read-only file system", async () => {
    await using home = new TempHome();
    const mounted = Bun.spawnSync(["mount", "--bind", "-o", "ro", home.layout.home, home.layout.home]);
    if (!mounted.success) return;
    try {
      const problem = errorOf(ensureHome(home.layout.home));
      expect(problem.code).toBe("HOME_UNUSABLE");
      expect(problem.message).toContain("EROFS");
    } finally {
      Bun.spawnSync(["umount", home.layout.home]);
    }
  });

  test("is reported where its folder exists and cannot be completed", async () => {
    await using place = new TempDirectory();
    symlinkSync(join(place.path, "nowhere", "else"), join(place.path, "home"));
    expect(ensureHome(join(place.path, "home")).ok).toBeFalse();
  });
});
