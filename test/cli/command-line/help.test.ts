import { describe, expect, test } from "bun:test";
import { overview, verbHelp } from "../../../src/cli/command-line/help.ts";
import { TOPICS } from "../../../src/cli/help/topics.ts";
import { VERBS } from "../../../src/cli/verbs.ts";
import { Stint } from "../../rig/stint.ts";
import { allVerbs } from "./verbs.ts";

const ALL = await allVerbs();

describe("the help", () => {
  test("of all", async () => {
    await using stint = new Stint();
    const help = await stint.ok("--help");
    for (const line of [["help"], ["-h"], ["--home", "/x", "--help"]])
      expect(await stint.ok(...line)).toBe(help);
  });

  test("is had by every way to ask for it, of a verb by its other names too", async () => {
    await using stint = new Stint();
    const help = await stint.ok("logs", "--help");
    for (const line of [
      ["logs", "-h", "1"],
      ["logs", "--tail", "abc", "--help"],
    ])
      expect(await stint.ok(...line)).toBe(help);
    expect(await stint.ok("help", "log")).toStartWith(`${help}\n\nlogs: `);
    expect(await stint.ok("help", "clean")).toBe(await stint.ok("clean", "-h"));
    expect(await stint.ok("help", "schedules", "add")).toBe(await stint.ok("schedules", "add", "-h"));
    expect((await stint.run(["submit", "--hold", "--", "echo", "--help"])).out).toBe("000001-echo-help\n");
  });

  test.each([60, 80, 120])("is no wider than a terminal of %d columns, but for its examples", (columns) => {
    const helps = ALL.map(([name, verb]) => verbHelp(name, verb, { summary: "it", aliases: [], columns }));
    const lines = [...helps, overview(VERBS, { columns, topics: Object.keys(TOPICS) })]
      .flatMap((help) => help.split("\n"))
      .filter((line) => !/^ {2}(stint|#)|^Usage: /.test(line));
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });
});

describe("a declaration", () => {
  test.each(ALL)(
    "of %s has each name and each letter once, and says what everything means",
    (_name, { flags, operands = [] }) => {
      const entries = Object.entries(flags);
      const names = entries.flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
      const letters = entries.flatMap(([, { short }]) => short ?? []);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set([...letters, "h", "V"]).size).toBe(letters.length + 2);
      for (const [, { help, excludes = [] }] of entries) {
        expect(help).not.toBe("");
        for (const other of excludes) expect(Object.keys(flags)).toContain(other);
      }
      for (const { help } of operands) expect(help).not.toBe("");
    },
  );

  test("of a verb has a name that no other has", () => {
    const names = Object.entries(VERBS).flatMap(([name, { aliases = [], withFlags = {} }]) => [
      name,
      ...aliases,
      ...Object.keys(withFlags),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});
