import { describe, expect, test } from "bun:test";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import { fc } from "../rig/fast-check.ts";
import { CONTEXT, draftsIn, makeFolder } from "./rig.ts";

/** What a data file makes of a task: the values of the members, or the faults as a person sees them. */
function valuesOrFaults(name: string, text: string): Record<string, string>[] | string {
  using folder = makeFolder();
  folder.write(name, text);
  const drafts = readSubmission(`run: work\neach: ${name}\n`, { ...CONTEXT, dataFolder: folder.path });
  if (!drafts.ok)
    return `\n${drafts.error.map(renderDiagnostic).join("\n").replaceAll(folder.path, "FOLDER")}\n`;
  return drafts.value.map(({ group }) => ({ ...group?.values }));
}

function csvOf(rows: readonly (readonly string[])[], lineEnd: string): string {
  const cellOf = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  return rows.map((row) => row.map(cellOf).join(",")).join(lineEnd);
}

describe("a .csv", () => {
  test("returns any text that was quoted", () => {
    const cell = fc.string({
      unit: fc.constantFrom('"', ",", "\n", "\r", "a", "é", " ", "''"),
      maxLength: 6,
    });
    const rows = fc.uniqueArray(fc.tuple(cell, cell), {
      minLength: 1,
      maxLength: 4,
      selector: (row) => JSON.stringify(row),
    });
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), fc.boolean(), (cells, lineEnd, isEnded) => {
        const text = csvOf([["one", "the other"], ...cells], lineEnd) + (isEnded ? lineEnd : "");
        expect(valuesOrFaults("runs.csv", text)).toEqual(
          cells.map(([one, other]) => ({ one, "the other": other })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("needs quotes only around special characters, and ignores empty lines", () => {
    expect(valuesOrFaults("a.csv", "\uFEFFlr, note\r\n0.10,\r\n\r\n1, b c\r\n")).toEqual([
      { lr: "0.10", note: "" },
      { lr: "1", note: " b c" },
    ]);
  });

  test("reports faults with its own line numbers", () => {
    expect(valuesOrFaults("a.csv", 'lr,note\n1,"a\nb"\n2\n3,a,b\n')).toMatchInlineSnapshot(`
      "
      a.csv:4:1: the row has 1 cell, the first row names 2
        4 | 2
          | ^
          = put quotes around a cell that contains a comma
      a.csv:5:1: the row has 3 cells, the first row names 2
        5 | 3,a,b
          | ^^^^^
          = put quotes around a cell that contains a comma
      "
    `);
    expect(valuesOrFaults("a.csv", 'lr,note\n1,"a\n2,b\n')).toMatchInlineSnapshot(`
      "
      a.csv:2:3: the quote is not closed
        2 | 1,"a
          |   ^
      "
    `);
    expect(valuesOrFaults("a.csv", 'lr,note\n1,a"b\n')).toMatchInlineSnapshot(`
      "
      a.csv:2:4: there is a quote in the middle of a cell
        2 | 1,a"b
          |    ^
          = put quotes around the whole cell, and write "" for a quote in it
      "
    `);
    expect(valuesOrFaults("a.csv", 'lr,note\n1,"a"b\n')).toMatchInlineSnapshot(`
      "
      a.csv:2:6: there is text after a closed quote
        2 | 1,"a"b
          |      ^
          = write "" for a quote within quotes
      "
    `);
    expect(valuesOrFaults("a.csv", "lr,LR\n1,2\n")).toMatchInlineSnapshot(`
      "
      a.csv:1:1: column 2 "LR" is too similar to "lr": both would be STINT_VALUE_LR for the job
        1 | lr,LR
          | ^^^^^
          = the first row of a CSV names the columns
      "
    `);
    expect(valuesOrFaults("a.csv", "lr\n1\n2\n1\n")).toMatchInlineSnapshot(`
      "
      a.csv:4:1: member 3 has the same values as member 1: lr=1
        4 | 1
          | ^
          = leave one out; for repetitions add a key such as seed: 1-3
      "
    `);
    expect(valuesOrFaults("a.csv", "lr\n")).toMatchInlineSnapshot(`
      "
      job.yaml:2:7: "each" has no rows, so it makes no member
        2 | each: a.csv
          |       ^^^^^
      "
    `);
  });
});

test("a .jsonl has a flat object in each line", () => {
  expect(
    valuesOrFaults("a.jsonl", '{"lr": 0.1, "on": true, "note": "a b", "no": null}\n\n{"lr": 2}\n'),
  ).toEqual([{ lr: "0.1", on: "true", note: "a b" }, { lr: "2" }]);
  expect(
    valuesOrFaults("a.jsonl", '{"lr": 1}\n[1]\n{"lr": {"a": 1}}\n{lr: 1}\n{"__proto__": 1}\n'),
  ).toMatchInlineSnapshot(`
    "
    a.jsonl:2:1: the line is not an object
      2 | [1]
        | ^^^
        = each line is an object such as {"lr": 0.1, "name": "a"}
    a.jsonl:3:1: "lr" is nested, wanted a text, a number, true or false
      3 | {"lr": {"a": 1}}
        | ^^^^^^^^^^^^^^^^
        = each line is an object such as {"lr": 0.1, "name": "a"}
    a.jsonl:4:1: the line is not valid JSON
      4 | {lr: 1}
        | ^^^^^^^
        = each line is an object such as {"lr": 0.1, "name": "a"}
    a.jsonl:5:1: "__proto__" is not a valid name here, wanted another one
      5 | {"__proto__": 1}
        | ^^^^^^^^^^^^^^^^
        = each line is an object such as {"lr": 0.1, "name": "a"}
    "
  `);
});

test("a .txt has a value in each line", () => {
  expect(valuesOrFaults("a.txt", "one\r\n\n two words\n")).toEqual([{ line: "one" }, { line: " two words" }]);
});

test("an invalid value is reported with its line in the data file", () => {
  using folder = makeFolder();
  folder.write("a.csv", "n\n1\ntwo\n3\n");
  const read = readSubmission("run: a\neach: a.csv\ncpus: ${{ each.n }}\n", {
    ...CONTEXT,
    dataFolder: folder.path,
  });
  expect(read.ok ? [] : read.error.map(({ message }) => message)).toEqual([
    '"cpus" is "two", wanted a whole number, at least 1 (member 2, a.csv:3: n=two)',
  ]);
});

test("a data file that cannot be read is reported at its key", () => {
  const faultOf = (each: string): string => {
    const drafts = readSubmission(`run: a\neach: ${each}\n`, { ...CONTEXT, dataFolder: "/nowhere" });
    return drafts.ok ? "" : (drafts.error[0]?.message ?? "");
  };
  expect(faultOf("a.csv")).toBe('"each" cannot be read: there is no such file');
  expect(faultOf("/dev/null")).toBe('"each" cannot be read: it is not a regular file');
  expect(faultOf("a.xlsx")).toBe(
    '"each" is "a.xlsx", wanted a file that ends in .csv, .jsonl or .txt (lines)',
  );
  expect(faultOf("[1, 2]")).toBe('"each" is a list, wanted the path of a file');
});

test("a path in a data file is relative to the folder of that file or to the user's home", () => {
  using folder = makeFolder();
  folder.write("a.txt", "x\n");
  const drafts = draftsIn("run: a\neach: ~/a.txt", { home: folder.path });
  expect(drafts.map(({ group }) => group?.values)).toEqual([{ line: "x" }]);
});
