import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import {
  define,
  definitionNames,
  definitionReader,
  readDefinition,
  removeDefinition,
  versionsOf,
} from "../../src/store/definitions.ts";
import type { Layout } from "../../src/store/layout.ts";
import { at } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

function made(layout: Layout, text: string, name = "train"): string {
  const about = { createdAt: at(), createdBy: "ada", file: "/a/train.yaml", folder: "/a" };
  const { made: one, isNew } = define(layout, { name, text, ...about });
  return `${one.version} ${isNew ? "new" : "known"}`;
}

describe("a definition", () => {
  test("has a version for each text, and the same one for the same text", async () => {
    await using home = new TempHome();
    const { layout } = home;
    expect(["a", "b", "a", "b", "c"].map((text) => made(layout, text))).toEqual([
      "1 new",
      "2 new",
      "1 known",
      "2 known",
      "3 new",
    ]);
    expect(readDefinition(layout, "train", null)?.text).toBe("c");
    expect(readDefinition(layout, "train", 1)?.text).toBe("a");
    expect(definitionNames(layout)).toEqual(["train"]);
  });

  test("never gets the number of a removed version again", async () => {
    await using home = new TempHome();
    const { layout } = home;
    for (const text of ["a", "b"]) made(layout, text);
    removeDefinition(layout, "train", 2);
    expect(made(layout, "b")).toBe("3 new");
    removeDefinition(layout, "train", null);
    expect(versionsOf(layout, "train")).toEqual([]);
    expect(definitionNames(layout)).toEqual([]);
    expect(made(layout, "a")).toBe("4 new");
  });

  test("that was changed by hand is refused, and not taken for another", async () => {
    await using home = new TempHome();
    const { layout } = home;
    made(layout, "a");
    const path = layout.definitionFile("train", 1);
    writeFileSync(path, JSON.stringify({ ...readDefinition(layout, "train", 1), text: "b" }));
    expect(definitionReader(layout)("train@1")).toEqual({
      ok: false,
      error: "its file cannot be read, or was changed",
    });
    expect(made(layout, "a")).toBe("2 new");
  });
});
