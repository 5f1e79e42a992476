import { expect, test } from "bun:test";
import { asSchedule, asTask, describeSlips, type Row } from "./rows.ts";

const QUOTES = "put quotes around the value";
const reads = (sign: string, as: string): string =>
  `YAML reads "${sign}" at the beginning of a value ${as} = ${QUOTES}`;
const allowsNo = (sign: string): string => `YAML allows no value that begins with "${sign}" = ${QUOTES}`;

const SIGNS: readonly Row[] = [
  ["run: *.py", `1:6 ${reads("*", "as an alias")}`, 'run: "*.py"'],
  ["run: * x", `1:6 ${reads("*", "as an alias")}`, 'run: "* x"'],
  ["run: @x", `1:6 ${allowsNo("@")}`, 'run: "@x"'],
  ["run: `date` -u", `1:6 ${allowsNo("`")}`, 'run: "`date` -u"'],
  ["run: , x", `1:6 ${allowsNo(",")}`, 'run: ", x"'],
  ["run: ] x", `1:6 ${allowsNo("]")}`, 'run: "] x"'],
  ["run: %PATH% x", `1:6 ${reads("%", "as a directive")}`, 'run: "%PATH% x"'],
  ["run: ! grep x f", `1:6 ${reads("!", "as a tag")}`, 'run: "! grep x f"'],
  ["run: !x y", `1:6 ${reads("!", "as a tag")}`, 'run: "!x y"'],
  ["run: &> log make", `1:6 ${reads("&", "as an anchor")}`, 'run: "&> log make"'],
  ["run: && make", `1:6 ${reads("&", "as an anchor")}`, 'run: "&& make"'],
  ["run: [ -f x ] && y", `1:6 ${reads("[", "as a list")}`, 'run: "[ -f x ] && y"'],
  ["run: [[ -f x ]] && y # note", `1:6 ${reads("[", "as a list")}`, 'run: "[[ -f x ]] && y" # note'],
  ["run: [ -f x ]", `1:6 ${reads("[", "as a list")}`, 'run: "[ -f x ]"'],
  ["run: { a; }", `1:6 ${reads("{", "as a mapping")}`, 'run: "{ a; }"'],
  ['run: { a; "b"; } > c', `1:6 ${reads("{", "as a mapping")}`, `run: '{ a; "b"; } > c'`],
  ["run: - x", `1:6 ${reads("-", "as an item of a list")}`, 'run: "- x"'],
  ["run: ? x", `1:6 ${reads("?", "as a key")}`, 'run: "? x"'],
  ["run: a\nenv: {A: @x, B: c}", `2:10 ${allowsNo("@")}`, 'env: {A: "@x", B: c}'],
  ["run: a\nenv:\n  A: *.py", `3:6 ${reads("*", "as an alias")}`, '  A: "*.py"'],
  [
    "run: | echo hi",
    '1:6 the text after "|" begins on the next line = leave "|" out, or write the text below it, indented',
    "run: echo hi",
  ],
  [
    "run: > echo 'a: b'",
    '1:6 the text after ">" begins on the next line = leave ">" out, or write the text below it, indented',
    `run: "echo 'a: b'"`,
  ],
  [
    "run: | echo hi\n  echo ho",
    '1:6 the text after "|" begins on the next line = end this line after run: |, and write the rest on a line of its own below it',
    null,
  ],
  ["run: >out echo", `1:6 ${reads(">", "as the beginning of a block of text")}`, 'run: ">out echo"'],
  ["run: || true", `1:6 ${reads("|", "as the beginning of a block of text")}`, 'run: "|| true"'],
  [
    "run: #x",
    '1:6 "run" is empty: what follows "#" is a comment = put quotes around it if it is the value',
    'run: "#x"',
  ],
  [
    "run: echo a: b",
    `1:6 YAML reads ": " within a value as the end of a key = ${QUOTES}`,
    'run: "echo a: b"',
  ],
  [
    'run: curl -H "A: b" x',
    `1:6 YAML reads ": " within a value as the end of a key = ${QUOTES}`,
    `run: 'curl -H "A: b" x'`,
  ],
];

const AROUND = "put quotes around all of it";
const ESCAPE =
  'a backslash between double quotes begins an escape such as "\\n", and this is none = use single quotes, or double the backslash';

const QUOTING: readonly Row[] = [
  [
    'run: "my prog" --x',
    `1:15 the value ends at its second quote ("), and text follows = ${AROUND}`,
    `run: '"my prog" --x'`,
  ],
  [
    "run: 'my prog' y",
    `1:15 the value ends at its second quote ('), and text follows = ${AROUND}`,
    `run: "'my prog' y"`,
  ],
  ["run: 'it's'", `1:10 the value ends at its second quote ('), and text follows = ${AROUND}`, `run: "it's"`],
  [
    'run: "say "hi""',
    `1:12 the value ends at its second quote ("), and text follows = ${AROUND}`,
    `run: 'say "hi"'`,
  ],
  [
    `run: "a" && 'b' # c`,
    `1:9 the value ends at its second quote ("), and text follows = ${AROUND}`,
    `run: '"a" && ''b''' # c`,
  ],
  ["run: 'echo\ntimeout: 5m", "1:6 the quote (') is not closed = close it, or leave it out", "run: 'echo'"],
  ['cwd: "C:\\path"\nrun: a', `1:9 ${ESCAPE}`, "cwd: 'C:\\path'"],
  [`run: "it's \\$HOME"`, `1:12 ${ESCAPE}`, `run: "it's \\\\$HOME"`],
  ["command: [ls, /\ntimeout: 5m", "1:10 the bracket ([) is not closed = close it", "command: [ls, /]"],
];

const joins = (what: string): string =>
  `YAML joins the lines of this text${what} by spaces, so that the backslash quotes one of them`;

const LAYOUT: readonly Row[] = [
  [
    "env:\n\tA: b\n\tB: c\nrun: a",
    "2:1 the line is indented with a tab, which YAML does not allow = indent it with spaces",
    "  A: b",
  ],
  [
    "run: a\n\ttimeout: 5m",
    "2:1 the line is indented with a tab, which YAML does not allow = indent it with spaces",
    "timeout: 5m",
  ],
  [
    "run: |\n  a\n\tb",
    "3:1 the line is indented with a tab, which YAML does not allow = indent it with spaces",
    "  b",
  ],
  [
    "run:\u00A0a",
    "1:5 the character U+00A0 (no-break space) is not a space in YAML = write spaces",
    "run: a",
  ],
  [
    "env:\n\u00A0\u00A0A: b\nrun: a",
    "2:1 the character U+00A0 (no-break space) is not a space in YAML = write spaces",
    "  A: b",
  ],
  ["run: a\n\u3000timeout: 5m", "2:1 the character U+3000 is not a space in YAML = write spaces", null],
  [
    "run: |\nmake\nmake test",
    '2:1 the text of "run: |" is not indented = indent each of its lines',
    "  make",
  ],
  [
    "run: |\n    a\n  b",
    '3:1 the text of "run: |" is not indented like its first line = indent each of its lines',
    "    b",
  ],
  [
    "run: a\n timeout: 5m",
    "2:1 the line is indented deeper than the key above it, which has a value already = indent both the same",
    "timeout: 5m",
  ],
  [
    "  run: a\ntimeout: 5m",
    "1:1 the line is indented deeper than those below it = indent all keys of a task alike",
    "run: a",
  ],
  [
    "  run: a\n  cpus: 2\ntimeout: 5m",
    "3:1 the line is indented less than those above it = indent all keys of a task alike",
    "  timeout: 5m",
  ],
  [
    "run: python x\n  --a b: c",
    '1:6 YAML reads ": " within a text of several lines as the end of a key = write run: | here, and the whole text below it, indented',
    null,
  ],
  [
    "run: python x \\\n  --a \\\n  --b",
    `1:15 ${joins("")} = leave it out, or write the text below run: |`,
    "run: python x",
  ],
  ["run: >\n  x \\\n  --a", `1:6 ${joins(' after ">"')} = write "|", which keeps the line ends`, "run: |"],
  [
    "run: a\nmatrix: lr: [0.1, 0.2]",
    "2:9 YAML allows no second key on the line of a key = put braces around the mapping, or write it below its key, indented",
    "matrix: {lr: [0.1, 0.2]}",
  ],
  [
    "run: cd /x &&\nmake",
    '2:1 the line has no key, and is not indented as a part of "run" = write run: | and the whole text below it, indented',
    null,
  ],
  [
    "```yaml\nrun: a\n```",
    "1:1 the line is a fence of Markdown, which is no part of the file = remove it, and the other one",
    null,
  ],
  ["run:a", '1:1 there is no space after "run:" = write KEY: VALUE', "run: a"],
  ["run echo hi", '1:1 there is no colon after "run" = write KEY: VALUE', "run: echo hi"],
  ["run = a", '1:1 there is no colon after "run" = write KEY: VALUE', "run: a"],
  ["run: a\ntimeout=5m", '2:1 there is no colon after "timeout" = write KEY: VALUE', "timeout: 5m"],
  [
    "run: a\nenv: &e {A: b}\n---\nrun: b\nenv: *e",
    '5:6 the alias "*e" cannot be resolved: "&e" is in an earlier document, and none is seen beyond --- = write the value again',
    "env: &e {A: b}",
  ],
  [
    "run: *x",
    '1:6 the alias "*x" cannot be resolved: there is no "&x" before it = put quotes around it if it is text',
    'run: "*x"',
  ],
];

const SCHEDULES: readonly Row[] = [
  ["cron: */5 * * * *\ntask: {run: a}", `1:7 ${reads("*", "as an alias")}`, 'cron: "*/5 * * * *"'],
  ["cron: * * * * *\ntask: {run: a}", `1:7 ${reads("*", "as an alias")}`, 'cron: "* * * * *"'],
  ["cron: @daily\ntask: {run: a}", `1:7 ${allowsNo("@")}`, 'cron: "@daily"'],
  [
    "cron: '0 9 * * *' x\ntask: {run: a}",
    `1:18 the value ends at its second quote ('), and text follows = ${AROUND}`,
    null,
  ],
];

describeSlips("a sign of YAML", SIGNS, asTask);
describeSlips("quotes and brackets", QUOTING, asTask);
describeSlips("the layout", LAYOUT, asTask);
describeSlips("the text of a schedule", SCHEDULES, asSchedule);

test("several slips of a file are told at once, each with its line", () => {
  const text = "run: @x\nname: 'a' b\nenv:\n\tA: b\n\tB: c\ntimeout 5m\n";
  const made = asTask(text);
  expect(made.ok ? [] : made.error.map(({ line, corrected }) => [line, corrected])).toEqual([
    [1, 'run: "@x"'],
    [2, `name: "'a' b"`],
    [4, "  A: b"],
    [6, "timeout: 5m"],
  ]);
});

test("a line that is too long to be pasted is not written out again", () => {
  const made = asTask(`run: @${"x".repeat(500)}\n`);
  expect(made.ok ? [] : made.error.map(({ message, corrected }) => [message, corrected])).toEqual([
    ['YAML allows no value that begins with "@"', undefined],
  ]);
});

test.each([
  ["run: |\n  x \\\n  --a", "x \\\n--a\n"],
  ["run: >\n  x \\\n    --a", "x \\\n  --a\n"],
  ['run: "x \\\n  --a"', "x --a"],
  ["run: grep 'a \\ b' f", "grep 'a \\ b' f"],
])("a backslash at the end of a line stays where the line end does: %j", (text, body) => {
  const made = asTask(`${text}\n`);
  expect(made.ok ? made.value.map(({ spec }) => spec.kind.mode) : made.error).toMatchObject([{ body }]);
});
