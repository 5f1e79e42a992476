import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SEED, seededRandom } from "../rig/seed.ts";
import { Stint } from "../rig/stint.ts";
import { survives } from "./hostile.ts";

const TASKS = 40;

test("a home with randomly corrupted records is drained: every intact task runs", async () => {
  await using stint = new Stint();
  const random = seededRandom(SEED);
  await stint.run(["submit", "-"], {
    input: Array.from({ length: TASKS }, () => "name: t\nrun: true\n").join("---\n"),
  });
  await stint.ok("ls");
  const spoilt = new Set<string>();
  for (const name of stint.files("pending")) {
    if (random() < 0.5) continue;
    spoilt.add(name);
    const path = join(stint.home, "pending", name);
    writeFileSync(path, mutated(readFileSync(path), random));
  }
  const before = stint.files("pending").filter((name) => !spoilt.has(name));
  const drained = await survives(stint, ["drain"]);
  const listed = await survives(stint, ["ls", "--all", "--json"]);
  const done = stint.files("done");
  const missing = before.filter((name) => !done.includes(name));
  expect({ missing, said: drained.err }).toEqual({ missing: [], said: drained.err });
  expect(JSON.parse(listed.out)).toBeArray();
  const places = ["pending", "pending/.corrupt", "done", "dead-letter"];
  const names = places.flatMap((place) => stint.files(place)).filter((name) => name.endsWith(".json"));
  expect(names).toHaveLength(TASKS);
});

function mutated(bytes: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * bytes.length);
  if (random() < 0.3) return bytes.subarray(0, at);
  if (random() < 0.3)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(random() * bytes.length))]);
  const flipped = Buffer.from(bytes);
  for (let count = 0; count < 4; count += 1) {
    const index = Math.floor(random() * flipped.length);
    flipped[index] = (flipped[index] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  return flipped;
}
