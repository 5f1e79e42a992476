import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parse } from "../../src/cli/command-line/parse.ts";
import { CODES } from "../../src/cli/help/codes.ts";
import { TOPICS } from "../../src/cli/help/topics.ts";
import { TEMPLATES } from "../../src/cli/templates.ts";
import { verbNamed } from "../../src/cli/verbs.ts";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { scheduleFileSchema, taskFileSchema } from "../../src/intake/file-schema.ts";
import { readSchedule } from "../../src/intake/schedule.ts";
import { parseSettings, settingsSchema } from "../../src/intake/settings.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import { toPlain } from "../../src/intake/value.ts";
import { readYaml } from "../../src/intake/yaml-text.ts";
import { cronFault } from "../../src/plan/timetable.ts";
import { aDefinition, CONTEXT } from "../intake/rig.ts";
import { isValid } from "../rig/json-schema.ts";
import { allPages, blocksOf, fileOf } from "../rig/pages.ts";
import { valueOf } from "../rig/results.ts";

const PAGES = allPages();
const blocksIn = (...languages: string[]) =>
  PAGES.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => languages.includes(language))
      .map((block) => [`${page.path}:${block.line}`, block] as const),
  );

/** What the blocks mean that name a definition. */
const TRAIN = aDefinition({ text: "inputs: { lr: { type: float, default: 0.1 } }\nrun: python3 train.py\n" });

/** The faults of a YAML text for the reader of its kind, and whether the schema of the kind accepts each document. */
function judged(text: string, file: string): { faults: string; isInSchema: boolean[] } {
  const documents = valueOf(readYaml(text)).values.map(toPlain);
  const isSchedule = documents.every(
    (one) => typeof one === "object" && one !== null && ("cron" in one || "every" in one),
  );
  const kind = file.endsWith("config.yaml") ? "config" : isSchedule ? "schedule" : "task";
  const schema = { config: settingsSchema, schedule: scheduleFileSchema, task: taskFileSchema }[kind]();
  const read = {
    config: () => parseSettings(text, { file, userHome: "/home/ada" }),
    schedule: () => readSchedule(text, { ...CONTEXT, file, name: "nightly", cronFault }),
    task: () => readSubmission(text, { ...CONTEXT, file, definition: () => ({ ok: true, value: TRAIN }) }),
  }[kind]();
  return {
    faults: read.ok ? "" : read.error.map(renderDiagnostic).join("\n"),
    isInSchema: documents.map((one) => isValid(one, schema)),
  };
}

describe("a YAML block", () => {
  test.each(blocksIn("yaml"))("%s is accepted by the reader and by the schema", (at, block) => {
    const { text } = block;
    // A part of a task file is shown without the program.
    const isPart = !/^(run|command|script|image|container|cron|every):/m.test(text);
    const file = fileOf(block) ?? at;
    const whole = isPart && !file.endsWith("config.yaml") ? `${text}run: "true"\n` : text;
    const { faults, isInSchema } = judged(whole, file);
    expect(faults).toBe("");
    expect(isInSchema).not.toContain(false);
  });

  test.each(Object.values(TEMPLATES).filter(({ file }) => file.endsWith(".yaml")))(
    "$file, a starter file, is so too",
    ({ file, text }) => {
      const { faults, isInSchema } = judged(text, file);
      expect(faults).toBe("");
      expect(isInSchema).not.toContain(false);
    },
  );
});

/** The words of a shell line, up to what is no argument any more: a pipe, a redirection, a comment, the next command. */
function wordsOf(line: string): string[] {
  const tokens = line.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'])+/g) ?? [];
  const end = tokens.findIndex((token) => /^([|;#]|&&|\d?>)/.test(token));
  return tokens.slice(0, end < 0 ? undefined : end).map((token) => token.replaceAll(/["']/g, ""));
}

/** What the parser says of a call of stint; "" where it is accepted. */
async function faultOf([verb = "", ...typed]: readonly string[]): Promise<string> {
  const found = verbNamed(verb);
  if (found === null) return `no verb "${verb}"`;
  const { verb: declared } = await found.listed.load();
  const [first = ""] = typed;
  if (!("subcommands" in declared)) {
    const parsed = parse(declared, { name: found.name, typed });
    return parsed.ok ? "" : parsed.error.message;
  }
  const isNamed = Object.hasOwn(declared.subcommands, first);
  const called = declared.subcommands[isNamed ? first : (declared.fallback ?? "")];
  if (called === undefined) return `no subcommand "${first}" of ${verb}`;
  const parsed = parse(called, { name: `${verb} ${first}`, typed: isNamed ? typed.slice(1) : typed });
  return parsed.ok ? "" : parsed.error.message;
}

describe("a command", () => {
  const lines = blocksIn("sh", "console").flatMap(([at, { text, language }]) =>
    text
      .split("\n")
      .map((line) => (language === "console" ? (/^\$ (.*)/.exec(line)?.[1] ?? "") : line))
      .flatMap((line) => line.split(/&& |; /))
      .filter((line) => line.startsWith("stint "))
      .map((line) => [at, line] as const),
  );

  test.each(lines)("at %s is one that stint accepts: %s", async (_at, line) => {
    expect(await faultOf(wordsOf(line).slice(1))).toBe("");
  });

  const helps = PAGES.flatMap(({ path, text }) =>
    [...text.matchAll(/stint help ([A-Z_]{3,}|[a-z-]+)/g)].map(([, word = ""]) => [path, word] as const),
  );

  test.each(helps)("%s refers to help that there is: %s", (_path, word) => {
    const isPlaceholder = ["TOPIC", "CODE", "VERB"].includes(word);
    const isCode = CODES.some(([code]) => code === word);
    expect(isPlaceholder || isCode || Object.hasOwn(TOPICS, word) || verbNamed(word) !== null).toBe(true);
  });

  const mentions = PAGES.flatMap(({ path, text }) =>
    [...text.matchAll(/`stint ([^`]+)`/g)].map(([, words = ""]) => [path, words] as const),
  );

  test.each(mentions)("named in %s is a verb with these flags: %s", async (_path, words) => {
    const [verb = "", ...rest] = words.split(" ");
    if (/^[A-Z-]/.test(verb)) return;
    const found = verbNamed(verb);
    expect(found).not.toBeNull();
    const { verb: declared } = (await found?.listed.load()) ?? {};
    const flags =
      declared === undefined
        ? []
        : "subcommands" in declared
          ? Object.values(declared.subcommands).flatMap((one) => Object.entries(one.flags))
          : Object.entries(declared.flags);
    const known = flags.flatMap(([name, { aliases = [] }]) => [
      `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      ...aliases.map((alias) => `--${alias}`),
    ]);
    const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
    const used = own.flatMap((word) => word.match(/^--[a-z-]+/) ?? []);
    expect(used.filter((flag) => !["--home", "--help", ...known].includes(flag))).toEqual([]);
  });
});

test("the README lists every topic", () => {
  const [, list = ""] = readFileSync("README.md", "utf8").split("\n## Topics\n");
  expect(Object.keys(TOPICS).filter((topic) => !list.includes(`\`${topic}\``))).toEqual([]);
});

test("no table and no block of the README is wider than 100 columns, but for what commands show", () => {
  const text = readFileSync("README.md", "utf8");
  const tables = text.split("\n").filter((line) => line.startsWith("|"));
  const blocks = blocksOf({ text }).filter(({ language }) => language !== "console");
  const lines = [...tables, ...blocks.flatMap((block) => block.text.split("\n"))];
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

test.each(Object.entries(TOPICS))("the code of the topic %s fits a terminal of 80 columns", (_name, page) => {
  // What commands show is as wide as it is.
  const blocks = blocksOf({ text: page }).filter(({ language }) => !["console", "run"].includes(language));
  expect(blocks.flatMap(({ text }) => text.split("\n")).filter((line) => line.length > 76)).toEqual([]);
});
