import { describe, expect, test } from "bun:test";
import { diagnose, renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { fault } from "../../src/intake/fault.ts";
import { renderedFaults } from "./rig.ts";

describe("renderDiagnostic()", () => {
  test("underlines the value, and says what to write", () => {
    expect(
      renderedFaults("name: train\nrun: python train.py\ntimeout: 90   # minutes?\n"),
    ).toMatchInlineSnapshot(`
      "
      job.yaml:3:10: "timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m
        3 | timeout: 90   # minutes?
          |          ^^
          = write 90s, or 90m for minutes
        3 + timeout: 90s   # minutes?
      "
    `);
  });

  test("keeps the caret under the value after tabs and wide characters", () => {
    expect(renderedFaults("run: a\nlabels: {研究: [1]}\nenv:\t\t{A: }")).toMatchInlineSnapshot(`
      "
      job.yaml:2:14: "labels.研究" is a list, wanted text
        2 | labels: {研究: [1]}
          |                ^^^
      job.yaml:3:11: "env.A" is empty, wanted text
        3 | env:        {A: }
          |                 ^
          = write "" for an empty text
      "
    `);
  });

  test("underlines an unknown key, and a key of a later place", () => {
    expect(
      renderedFaults("run: a\ntimout: 5m\nsecurity:\n  lr: [1]\n", "/tmp/my jobs/a.yaml"),
    ).toMatchInlineSnapshot(`
      "
      /tmp/my jobs/a.yaml:2:1: "timout" is unknown
        2 | timout: 5m
          | ^^^^^^
          = did you mean timeout?
        2 + timeout: 5m
      /tmp/my jobs/a.yaml:3:1: "security" is not supported yet
        3 | security:
          | ^^^^^^^^
          = the job runs with the rights of your account; limits: is supported
      "
    `);
  });

  test("shows where YAML itself is invalid", () => {
    expect(
      renderedFaults("run: echo a: b\n---\nrun: x\nenv:\n\tA: b\n---\nrun: 'x\n"),
    ).toMatchInlineSnapshot(`
      "
      job.yaml:1:6: YAML reads ": " within a value as the end of a key
        1 | run: echo a: b
          |      ^^^^^^^^^
          = put quotes around the value
        1 + run: "echo a: b"
      job.yaml:5:1: the line is indented with a tab, which YAML does not allow
        5 |     A: b
          | ^^^^
          = indent it with spaces
        5 +   A: b
      job.yaml:7:6: the quote (') is not closed
        7 | run: 'x
          |      ^
          = close it, or leave it out
        7 + run: 'x'
      "
    `);
  });

  test("shows the part of a long line around the fault", () => {
    const line = `run: a\nlabels: {k: ${"x".repeat(300)}, 本: [1], ${"y".repeat(300)}: z}`;
    expect(renderedFaults(line)).toMatchInlineSnapshot(`
      "
      job.yaml:2:318: "labels.本" is a list, wanted text
        2 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, 本: [1], yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…
          |                                                               ^^^
      "
    `);
  });

  test("marks one column where the fault is the end of the line", () => {
    expect(renderedFaults("run: a\ntimeout:")).toMatchInlineSnapshot(`
      "
      job.yaml:2:9: "timeout" is empty, wanted a duration such as 90s, 15m or 1h30m
        2 | timeout:
          |         ^
      "
    `);
  });

  test("escapes control characters", () => {
    const rendered = renderedFaults('run: a\n"x\u001b[31m\u202Ey": 1\n', "a\u001b]0;title\u0007.yaml");
    for (const mark of ["\u001b", "\u0007", "\u202e"]) expect(rendered).not.toContain(mark);
    expect(rendered).toMatchInlineSnapshot(`
      "
      a�]0;title�.yaml:2:1: "x�[31m�y" is unknown
        2 | "x�[31m�y": 1
          | ^^^^^^^^^^
      "
    `);
  });

  test("does not split a surrogate pair", () => {
    const [diagnostic] = diagnose({ file: "f", text: "😀".repeat(200) }, [
      fault({ start: 201, end: 203 }, "here"),
    ]);
    if (diagnostic === undefined) throw new Error("there is no diagnostic");
    expect(renderDiagnostic(diagnostic)).not.toMatch(
      /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/,
    );
  });
});

describe("diagnose()", () => {
  test("shows the lines of a DOS file without their ends", () => {
    const text = "run: a\r\ntimeout:\r\nhold: x\r\n";
    const faults = [fault({ start: 16, end: 16 }, "empty"), fault({ start: 24, end: 25 }, "no")];
    const shown = diagnose({ file: "f", text }, faults).map(({ line, sourceLine, caret }) => ({
      line,
      sourceLine,
      caret,
    }));
    expect(shown).toEqual([
      { line: 2, sourceLine: "timeout:", caret: 8 },
      { line: 3, sourceLine: "hold: x", caret: 6 },
    ]);
  });

  test("stops at a hundred and counts the rest", () => {
    const faults = Array.from({ length: 130 }, (_, index) =>
      fault({ start: index * 2, end: index * 2 + 1 }, `fault ${index}`),
    );
    const diagnostics = diagnose({ file: "f", text: "x\n".repeat(130) }, faults.toReversed());
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics[0]).toMatchObject({ line: 1, message: "fault 0" });
    expect(diagnostics.at(-1)).toMatchObject({ line: 100, message: "30 more faults were left out" });
  });
});
