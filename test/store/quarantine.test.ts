import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quarantine } from "../../src/store/quarantine.ts";
import { TempHome } from "../rig/temp-home.ts";

test("quarantine() keeps every file that it puts aside, also two of one name", async () => {
  await using home = new TempHome();
  const path = join(home.layout.place("pending"), "000001-train.json");
  const found = ["first", "second", "third"].map((text) => {
    writeFileSync(path, text);
    return quarantine(path, `it is the ${text}`);
  });
  expect(found.map((finding) => readFileSync(finding.path, "utf8"))).toEqual(["first", "second", "third"]);
  expect(found[0]).toEqual({
    path: join(home.layout.place("pending"), ".corrupt", "000001-train.json"),
    what: "put aside: it is the first",
  });
  expect(home.files("pending").every((name) => name.startsWith(".corrupt/000001-train.json"))).toBeTrue();
  expect(home.files("pending")).toHaveLength(3);
});
