import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { castOf } from "../../.config/cast.ts";
import { pagePaths, withReference } from "../../.config/reference.ts";
import { TOPICS } from "../../src/cli/help/topics.ts";
import { ERRORS } from "../../src/model/errors.ts";
import { FAILURE_CODES } from "../../src/model/failure.ts";

const CODES = "templates/help/codes";

test("the picture of a terminal shows what the README's quick start shows", () => {
  // `bun run fix` draws it.
  expect(readFileSync(".github/cast.svg", "utf8")).toBe(castOf(readFileSync("README.md", "utf8")));
});

describe("the pages of the help", () => {
  test.each(pagePaths())("%s has its tables as they are declared", (path) => {
    const page = readFileSync(path, "utf8");
    // `bun run fix` writes them.
    expect(withReference(page)).toBe(page);
  });

  test("are all in the executable", () => {
    const names = pagePaths().map((path) => path.replace(/^.*\/(.*)\.md$/, "$1"));
    expect(Object.keys(TOPICS).toSorted()).toEqual(names);
  });

  test.each(Object.entries(TOPICS))(
    "%s has a title and is named in no other way than by a word",
    (name, page) => {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(page).toMatch(new RegExp(`^# ${name}: .{10,60}\\n\\n`));
    },
  );

  test.each([
    ["errors.md", Object.keys(ERRORS)],
    ["failures.md", FAILURE_CODES],
  ])("%s explains every code, and no other", (file, codes) => {
    const sections = readFileSync(`${CODES}/${file}`, "utf8").split(/^## /m).slice(1);
    expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(codes);
    for (const section of sections) expect(section.split("\n").length).toBeGreaterThan(2);
    expect(readdirSync(CODES).toSorted()).toEqual(["errors.md", "failures.md"]);
  });
});
