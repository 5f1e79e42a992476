import { expect, test } from "bun:test";
import { soak } from "./soak.ts";

const FOR_MS = 5_000;

test("a supervisor that is killed again and again loses nothing and runs nothing twice", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const soaked = await soak({ seed, forMs: FOR_MS });
  expect({ seed, lost: soaked.lost, doubled: soaked.doubled }).toEqual({ seed, lost: 0, doubled: 0 });
  expect(soaked.kills).toBeGreaterThan(0);
}, 300_000);
