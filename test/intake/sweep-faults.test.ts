import { expect, test } from "bun:test";
import { faultsIn, hintsIn, renderedFaults } from "./rig.ts";

test("an unknown placeholder is underlined, with a suggestion", () => {
  expect(
    renderedFaults(`name: train
run: python train.py --lr \${{ matrix.lt }} --seed "\${{ matrx.seed }}" \${{ each.lr }}
env:
  A: \${{ sweep.idx }}
  \${{ matrix.lr }}: b
  B: 'two of \${{ matrix.lr }} and \${{ env.HOME }}'
matrix: {lr: [0.1, 0.01], seed: 1-3}
`),
  ).toMatchInlineSnapshot(`
    "
    job.yaml:2:27: \${{ matrix.lt }} is unknown
      2 | run: python train.py --lr \${{ matrix.lt }} --seed "\${{ matrx.seed }}" \${{ each.lr }}
        |                           ^^^^^^^^^^^^^^^^
        = did you mean \${{ matrix.lr }}?
    job.yaml:2:52: \${{ matrx.seed }} is unknown
      2 | run: python train.py --lr \${{ matrix.lt }} --seed "\${{ matrx.seed }}" \${{ each.lr }}
        |                                                    ^^^^^^^^^^^^^^^^^
        = did you mean \${{ matrix.seed }}?
    job.yaml:2:71: \${{ each.lr }} has no value: the sweep is given by matrix:
      2 | run: python train.py --lr \${{ matrix.lt }} --seed "\${{ matrx.seed }}" \${{ each.lr }}
        |                                                                       ^^^^^^^^^^^^^^
        = did you mean \${{ matrix.lr }}?
    job.yaml:4:6: \${{ sweep.idx }} is unknown
      4 |   A: \${{ sweep.idx }}
        |      ^^^^^^^^^^^^^^^^
        = sweep has index, size, name
    job.yaml:5:3: \${{ matrix.lr }} is in a key, wanted it in a value
      5 |   \${{ matrix.lr }}: b
        |   ^^^^^^^^^^^^^^^^
    job.yaml:6:35: \${{ env.HOME }} is unknown
      6 |   B: 'two of \${{ matrix.lr }} and \${{ env.HOME }}'
        |                                   ^^^^^^^^^^^^^^^
        = write $\${{ … }} for the literal text
    "
  `);
});

test("an invalid and a missing value are reported with their member", () => {
  expect(
    renderedFaults(
      "run: a ${{ matrix.b }}\ncpus: ${{ matrix.a }}\nmatrix: {a: [1, x], include: [{a: 1, b: 2}]}\n",
    ),
  ).toMatchInlineSnapshot(`
    "
    job.yaml:1:8: there is no value for \${{ matrix.b }} (member 2: a=x)
      1 | run: a \${{ matrix.b }}
        |        ^^^^^^^^^^^^^^^
        = give it to every member, or leave the placeholder out
    "
  `);
  expect(
    renderedFaults("run: echo `date` ${{ matrix.a }}\nmatrix: {a: [1, 'x y']}\ntimeout: 5\n"),
  ).toMatchInlineSnapshot(`
    "
    job.yaml:1:18: the value "x y" cannot be written here: it is not a plain word, and how the shell would read it here is uncertain (member 2: a="x y")
      1 | run: echo \`date\` \${{ matrix.a }}
        |                  ^^^^^^^^^^^^^^^
        = use "$STINT_VALUE_A", which is set in the environment of the job
    job.yaml:3:10: "timeout" is 5 without a unit, wanted a duration such as 90s, 15m or 1h30m
      3 | timeout: 5
        |          ^
        = write 5s, or 5m for minutes
      3 + timeout: 5s
    "
  `);
});

test("an unclosed placeholder is a fault", () => {
  expect(faultsIn("run: a ${{ array.index } b\narray: 1-2")).toEqual([
    "1:8 ${{ array.index is not closed with }}",
  ]);
  expect(faultsIn("run: a $${{ array.index } ${{ array.index }}\narray: 1-2")).toEqual([]);
});

test("an unquoted placeholder in a flow mapping is one YAML fault", () => {
  expect(
    renderedFaults("run: a\nenv: { A: ${{ matrix.x }}, B: c }\nmatrix: {x: [1]}\n"),
  ).toMatchInlineSnapshot(`
    "
    job.yaml:2:12: not valid YAML: a placeholder within {…} or […] opens a mapping
      2 | env: { A: \${{ matrix.x }}, B: c }
        |            ^
        = put quotes around it: "\${{ … }}"
      2 + env: { A: "\${{ matrix.x }}", B: c }
    "
  `);
});

/** Each fault that the keys of a sweep can have beside `run: a`. */
const LINES: readonly (readonly [lines: string, fault: string, hint?: string])[] = [
  ["matrix: 5", '2:9 "matrix" is 5, wanted a mapping such as {lr: [0.1, 0.01], seed: 1-3}'],
  ['matrix: {a: ["x${{ matrix.b }}"]}', "2:16 ${{ matrix.b }} is in the values of the sweep itself"],
  ["matrix: {}", '2:9 "matrix" makes no member'],
  ["matrix: {a: []}", '2:13 "matrix.a" is an empty list, so it makes no member'],
  ["matrix: {a: [1, 1]}", '2:13 "matrix.a" has "1" twice', "keep one of them"],
  ["matrix: {a: [[1]]}", '2:14 "matrix.a[0]" is a list, wanted text'],
  [
    "matrix: {a: 3-1}",
    '2:13 "matrix.a" has the range 3-1, which is backwards',
    "write 1-3, or {from: 3, to: 1, step: -1}",
  ],
  ["matrix: {a: {from: 1}}", '2:13 "matrix.a" has no to, wanted {from: 1, to: 10, step: 2}'],
  [
    "matrix: {a: {from: 1, to: 5, step: 0}}",
    '2:36 "matrix.a.step" is 0, wanted the difference of two numbers',
  ],
  ["matrix: {a: {from: 5, to: 1}}", '2:13 "matrix.a" leads away from the end of the range', "write step: -1"],
  [
    "matrix: {a-b: [1], a_b: [2]}",
    '2:20 "matrix.a_b" is too similar to "a-b": both would be STINT_VALUE_A_B for the job',
  ],
  ["matrix: {constructor: [1]}", '2:10 "matrix.constructor" is not a valid name here, wanted another one'],
  ["matrix: {a: [1], exclude: [{a: 1}]}", '2:9 "matrix" excludes every combination'],
  [
    "matrix: {a: [1], exclude: [{a: 2}]}",
    '2:28 "matrix.exclude[0]" matches no combination',
    "write the values as the lists have them",
  ],
  [
    "matrix: {lr: [1], exclude: [{rl: 1}]}",
    '2:30 "matrix.exclude[0].rl" is not a list of the matrix',
    "did you mean lr?",
  ],
  ["matrix: {a: [1], include: 5}", '2:27 "matrix.include" is 5, wanted a list of mappings'],
  [
    "matrix: {include: [{a: 1}, {a: 1}]}",
    "2:28 member 2 has the same values as member 1: a=1",
    "leave one out; for repetitions add a key such as seed: 1-3",
  ],
  ["array: a-b", '2:8 "array" is "a-b", wanted whole numbers such as 1-100, 1-100:10 or 1,5,9'],
  [
    "array: 1-10%2",
    '2:8 "array" is "1-10%2", wanted whole numbers such as 1-100, 1-100:10 or 1,5,9',
    "write maxParallel: 2 for the part after %",
  ],
  ["array: 1-9:0", '2:8 "array" has the range 1-9:0, wanted a step of at least 1'],
  [
    "array: [1, 1]",
    "2:12 member 2 has the same values as member 1: index=1",
    "leave one out; for repetitions add a key such as seed: 1-3",
  ],
  [
    "array: 1-2\nmatrix: {a: [1]}",
    '3:1 "matrix" and "array" exclude each other, wanted one of matrix, each or array',
    "write the numbers as a list of the matrix: {index: 1-100}",
  ],
  ["array: 1-2\nmaxParallel: 0", '3:14 "maxParallel" is 0, wanted a whole number, at least 1'],
  [
    "maxParallel: 2",
    '2:1 "maxParallel" has no effect without a sweep',
    "it goes with matrix:, each: or array:",
  ],
  [
    "matrix:\n  a: 0.1,0.2",
    '3:6 "matrix.a" is the single value "0.1,0.2", wanted a list',
    'write [0.1, 0.2]; for one value with commas: ["0.1,0.2"]',
  ],
  ["matrix: {a: 0.1,0.2}", '2:17 "matrix.0.2" is empty, wanted a list, such as [0.1, 0.2]'],
  ["matrx: {a: [1]}", '2:1 "matrx" is unknown', "did you mean matrix?"],
  [
    "retry: {matrix: {a: [1]}}",
    '2:9 "retry.matrix" is unknown, wanted maxAttempts, scope, on, onExit, never, onTimeout, onCode, onOrphan, maxOrphans or perClass',
  ],
  [
    `array: 1-2\nname: ${"x".repeat(127)}`,
    '3:7 "name" has 129 characters, wanted at most 128',
    `write ${"x".repeat(40)}`,
  ],
];

test.each(LINES.map(([lines, fault, hint]) => ({ lines, fault, hint })))(
  "$lines",
  ({ lines, fault, hint }) => {
    expect(faultsIn(`run: a\n${lines}`)[0]).toBe(fault);
    expect(hintsIn(`run: a\n${lines}`)[0]).toBe(hint);
  },
);
