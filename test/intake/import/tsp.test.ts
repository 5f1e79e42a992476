import { expect, test } from "bun:test";
import { readTsp } from "../../../src/intake/import/tsp.ts";
import { importedBy, importFaults } from "./rig.ts";

const HEAD = "ID   State      Output               E-Level  Times(r/u/s)   Command [run=1/1]";
const queued = (id: number, command: string): string =>
  `${id}    queued     (file)                                       ${command}`;
const LIST = [
  HEAD,
  "4    running    /tmp/ts-out.AbCdEf                           [lab]sleep 30",
  queued(5, "make -j4 all"),
  queued(6, "[5]&& sh -c echo hi | cat > /dev/null"),
  queued(7, "[4]&& [my label]ls -l /tmp"),
  queued(8, "[ -f x ]"),
  queued(9, "[1]&& [z]echo a  b; c"),
  "0    finished   /tmp/ts-out.GhIjKl   0        0.06/0.00/0.00 [lab]true",
  "1    finished   (...)                2        1.06/0.50/0.00 [0]&& false",
  "",
].join("\n");

test("the list of tsp becomes a task file of what waits, in its order, one after the other", () => {
  const { drafts, files, leftOut, afterwards } = importedBy(readTsp, LIST);
  const seen = drafts.map(({ name, parents = [], spec: { kind, slot, hold } }) => {
    const { mode } = kind;
    const words = mode.type === "command" ? [mode.command, ...mode.args] : [];
    return [name, words, parents.map(({ reference }) => reference), slot, hold];
  });
  expect(seen).toEqual([
    ["make-j4-all", ["make", "-j4", "all"], [], "tsp", false],
    ["echo-hi-cat", ["sh", "-c", "echo hi | cat > /dev/null"], ["make-j4-all"], "tsp", false],
    ["my-label", ["ls", "-l", "/tmp"], [], "tsp", true],
    ["f-x", ["[", "-f", "x", "]"], [], "tsp", false],
    ["z", ["echo", "a", "b;", "c"], [], "tsp", true],
  ]);
  expect(files[0]?.notes).toEqual([
    "my-label is held, as the job 4, which it waits for, runs in tsp: stint release my-label",
    "z is held, as the job 1, which it waits for, failed: stint release z",
    "z had quotes that tsp does not list: check its command",
  ]);
  expect(leftOut).toEqual([{ line: 2, what: "the job 4 is running and stays in tsp: sleep 30" }]);
  expect(afterwards).toEndWith("or they run twice: tsp -r 5; tsp -r 6; tsp -r 7; tsp -r 8; tsp -r 9");
});

test("several slots of tsp are no lane", () => {
  const { drafts, files } = importedBy(readTsp, `${HEAD.replace("1/1", "2/4")}\n${queued(1, "ls")}\n`);
  expect(drafts[0]?.spec.slot).toBeUndefined();
  expect(files[0]?.notes).toEqual(["tsp runs 4 at a time; here with stint jobs 4"]);
});

test("an empty list of tsp makes no file, and another text is refused", () => {
  expect(importedBy(readTsp, `${HEAD}\n`).files).toEqual([]);
  expect(importFaults(readTsp, "total 4\n-rw-- x\n")).toEqual([
    expect.stringContaining("source:1:1: the text does not begin with the head of a list"),
  ]);
});
