import { describe, expect, test } from "bun:test";
import { pinnableIn, withEdits } from "../../src/intake/pin.ts";
import { errorOf, valueOf } from "../rig/results.ts";

const CONTEXT = { file: "t.yaml", defaultCwd: "/work", home: "/home/ada", nowMs: 0 };
const SHA = "9c2b".repeat(16);
const OLD = "0".repeat(64);

function pinned(text: string): string {
  const { places } = valueOf(pinnableIn(text, CONTEXT));
  return withEdits(
    text,
    places.map(({ edit }) => edit(SHA)),
  );
}

describe("a checksum is written into a task file, and all else stays", () => {
  test.each([
    ["datasets: {a: data/a} # here\n", `datasets: {a: { path: data/a, sha256: "${SHA}" }} # here\n`],
    [
      "datasets:\n  a: data/a # why\n  b:   'x y'\n",
      `datasets:\n  a: { path: data/a, sha256: "${SHA}" } # why\n  b:   { path: "x y", sha256: "${SHA}" }\n`,
    ],
    [
      "datasets:\n    a:\n      path: data/a   # big\n\n\nrun: x\n",
      `datasets:\n    a:\n      path: data/a   # big\n      sha256: "${SHA}"\n\n\nrun: x\n`,
    ],
    [
      "datasets:\r\n  a:\r\n    path: b\r\nrun: x\r\n",
      `datasets:\r\n  a:\r\n    path: b\r\n    sha256: "${SHA}"\r\nrun: x\r\n`,
    ],
    ["datasets:\n  a:\n    path: b", `datasets:\n  a:\n    path: b\n    sha256: "${SHA}"`],
    ["datasets: {a: {path: b, mode: rw }}\n", `datasets: {a: {path: b, mode: rw, sha256: "${SHA}" }}\n`],
    [
      `{"run": "x", "datasets": {"a": {"path": "b"}}}\n`,
      `{"run": "x", "datasets": {"a": {"path": "b", "sha256": "${SHA}"}}}\n`,
    ],
    [
      `datasets:\n  a: {sha256: ${OLD}, path: b}\n---\ndatasets:\n  a:\n    # old\n    sha256: '${OLD}' # seen\n    path: b\n`,
      `datasets:\n  a: {sha256: "${SHA}", path: b}\n---\ndatasets:\n  a:\n    # old\n    sha256: "${SHA}" # seen\n    path: b\n`,
    ],
    [
      `cron: "@daily"\ntask: {run: x, datasets: {a: b}}\n`,
      `cron: "@daily"\ntask: {run: x, datasets: {a: { path: b, sha256: "${SHA}" }}}\n`,
    ],
  ])("%j", (text, expected) => {
    expect(pinned(text)).toBe(expected);
    expect(valueOf(pinnableIn(expected, CONTEXT)).places.map(({ current }) => current)).toContain(SHA);
  });
});

test("data with a file of DVC, a placeholder or an alias has no place", () => {
  const text =
    "x: &d {path: a}\ndatasets:\n  a: a.dvc\n  b: {path: b, dvc: b.dvc}\n  c: data/${{ matrix.c }}\n  d: *d\n  e: e\n";
  const { places, others } = valueOf(pinnableIn(text, CONTEXT));
  expect([places.map(({ name, path }) => [name, path]), others]).toEqual([
    [["e", "/work/e"]],
    ["a", "b", "c", "d"],
  ]);
});

test("a faulty data set is refused with its place", () => {
  const [fault] = errorOf(pinnableIn("datasets:\n  a: {mode: ro}\n", CONTEXT));
  expect(fault).toMatchObject({ line: 2, message: expect.stringContaining("has no path") });
});
