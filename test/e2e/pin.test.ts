import { expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

const ONE = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";

test("stint pin writes what a task would find into its file, and the task runs with it", async () => {
  await using stint = new Stint();
  const at = (name: string): string => join(stint.root, name);
  writeFileSync(at("one"), "one\n");
  const text = "run: 'true'\n# the data\ndatasets:\n  d: one # of May\n";
  writeFileSync(at("t.yaml"), text);
  chmodSync(at("t.yaml"), 0o640);
  symlinkSync("t.yaml", at("link.yaml"));
  expect(await stint.ok("pin", "--dry-run", "link.yaml")).toBe(`d: sha256 ${ONE}`);
  expect(readFileSync(at("t.yaml"), "utf8")).toBe(text);
  expect(await stint.ok("pin", "link.yaml")).toBe(`d: sha256 ${ONE}`);
  expect(readFileSync(at("t.yaml"), "utf8")).toBe(text.replace("one #", `{ path: one, sha256: "${ONE}" } #`));
  expect(statSync(at("t.yaml")).mode & 0o777).toBe(0o640);
  expect(await stint.ok("pin", "t.yaml")).toBe(`d: sha256 ${ONE}, as it was`);
  await stint.ok("submit", "t.yaml");
  await stint.run(["drain"]);
  expect(stint.record(1).status.state).toBe("completed");
  writeFileSync(at("one"), "two\n");
  expect(await stint.ok("pin", "t.yaml")).toContain(`, was ${ONE}`);
});

test("a file is left as it is where its data is missing, or it has none", async () => {
  await using stint = new Stint();
  const text = "run: 'true'\ndatasets: {d: nowhere}\n";
  writeFileSync(join(stint.root, "t.yaml"), text);
  const { code, err } = await stint.run(["pin", "t.yaml"]);
  expect([code, err]).toEqual([3, expect.stringContaining("nowhere does not exist")]);
  expect(readFileSync(join(stint.root, "t.yaml"), "utf8")).toBe(text);
  writeFileSync(join(stint.root, "u.yaml"), "run: 'true'\n");
  expect(await stint.ok("pin", "u.yaml")).toBe("u.yaml: has no datasets");
});
