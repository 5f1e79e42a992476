import { describe, expect, test } from "bun:test";
import { execSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Algorithm, digestOf } from "../../../src/run/datasets/digest.ts";
import { readTree } from "../../../src/run/datasets/tree.ts";
import { errorOf, valueOf } from "../../rig/results.ts";
import { makePlace, type Place } from "../rig.ts";

function digest(path: string, algorithm: Algorithm = "sha256"): string {
  return valueOf(digestOf(valueOf(readTree(path)), { algorithm, onBytes: () => {} }));
}

function write(place: Place, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(place.file(name)), { recursive: true });
    writeFileSync(place.file(name), text);
  }
}

describe("the sha256 of data", () => {
  test("is that of the content of a file, also where a link leads to it", async () => {
    await using place = makePlace();
    write(place, { a: "one\n" });
    symlinkSync("a", place.file("link"));
    const found = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";
    expect([digest(place.file("a")), digest(place.file("link"))]).toEqual([found, found]);
  });

  test("of a folder is that of its files as path, size and sha256, each with a NUL after it, in the order of bytes", async () => {
    await using place = makePlace();
    write(place, { "d/b.txt": "y", "d/b/1.txt": "one\n", "d/a\nb": "", "d/ä": "z" });
    mkdirSync(place.file("d/empty"));
    const listed =
      "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | while IFS= read -r -d '' f; do" +
      ` printf '%s\\0%s\\0%s\\0' "$f" "$(stat -c %s "$f")" "$(sha256sum <"$f" | cut -d' ' -f1)"; done | sha256sum`;
    const expected = execSync(listed, { cwd: place.file("d"), shell: "/bin/bash", encoding: "utf8" });
    expect(`${digest(place.file("d"))}  -\n`).toBe(expected);
  });

  test("changes with a name, a size or a content, and not with times, links and empty folders", async () => {
    await using place = makePlace();
    const digests = ["x", "y"].map((content) => {
      write(place, { "one/a": content, "two/b": content, [`three-${content}/a`]: content });
      return [digest(place.file("one")), digest(place.file("two")), digest(place.file(`three-${content}`))];
    });
    const [[one, two, three] = [], [other] = []] = digests;
    expect(three).toBe(one ?? "");
    expect(new Set([one, two, other]).size).toBe(3);
    utimesSync(place.file("one/a"), 1, 1);
    mkdirSync(place.file("one/empty"));
    symlinkSync("one", place.file("link"));
    expect(digest(place.file("link"))).toBe(other ?? "");
  });
});

describe("what is no data", () => {
  test.each([
    ["a FIFO", "mkfifo d/x", "INVALID_SPEC", "is a FIFO"],
    ["a device", "ln -s /dev/zero d/x", "INVALID_SPEC", "is a device"],
    ["a link in a circle", "ln -s .. d/e/x", "INVALID_SPEC", "is a link to a folder that it is in"],
    ["a link to itself", "ln -s x d/x", "DATA_UNREACHABLE", "is a link that leads in a circle"],
    ["a link to nothing", "ln -s nothing d/x", "DATA_UNREACHABLE", "does not exist"],
    ["a missing folder", "rm -r d", "DATA_UNREACHABLE", "does not exist"],
  ] as const)("%s is refused, by its path", async (_what, line, code, is) => {
    await using place = makePlace();
    mkdirSync(place.file("d/e"), { recursive: true });
    execSync(line, { cwd: place.path });
    const fault = errorOf(readTree(place.file("d")));
    expect(fault).toMatchObject({ code, path: expect.stringMatching(/\/d(\/e)?(\/x)?$/) });
    expect(fault.is).toStartWith(is);
  });

  test("a file that changed since it was listed is refused, and so is one that is replaced by a FIFO", async () => {
    await using place = makePlace();
    write(place, { "d/a": "one" });
    const tree = valueOf(readTree(place.file("d")));
    writeFileSync(place.file("d/a"), "two");
    const read = () => errorOf(digestOf(tree, { algorithm: "sha256", onBytes: () => {} }));
    expect(read()).toMatchObject({ code: "DATA_UNREACHABLE", path: place.file("d/a") });
    rmSync(place.file("d/a"));
    Bun.spawnSync(["mkfifo", place.file("d/a")]);
    expect(read().is).toStartWith("changed while it was read");
  });
});

/** What DVC 3.67.1 found: `dvc add` of these files. */
describe("the md5 of DVC", () => {
  const FILES = {
    "im/b/1.txt": "one\n",
    "im/a.d/crlf.txt": "two\r\nthree\r\n",
    "im/a": "x",
    "im/b.txt": "y",
    "im/ä/naïve 😀.txt": "z",
    "im/ｚ": "q",
    'im/q"uo\\te.txt': 'q"',
    "im/del\x7F": "\x7F",
    "im/.hidden": "k",
    "im/.git/config": "ignored",
    "im/.dvcignore": "ignored",
  };

  test("of a folder is found without DVC", async () => {
    await using place = makePlace();
    write(place, FILES);
    mkdirSync(place.file("im/empty"));
    symlinkSync("../im/a", place.file("im/link"));
    expect(digest(place.file("im"), "md5")).toBe("4792a52154d1ec12ae9602a676a28d9f.dir");
  });

  test("of a file is plain, also with CRLF", async () => {
    await using place = makePlace();
    write(place, { "t.csv": "a,b\r\n1,2\r\n" });
    expect(digest(place.file("t.csv"), "md5")).toBe("b202f333fba4fd38d4b8e5e693077aab");
  });
});
