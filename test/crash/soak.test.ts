import { expect, test } from "bun:test";
import { SEED } from "../rig/seed.ts";
import { soak } from "./soak.ts";

const FOR_MS = 5_000;

test("a supervisor that is killed again and again loses nothing and runs nothing twice", async () => {
  const soaked = await soak({ seed: SEED, forMs: FOR_MS });
  expect({ lost: soaked.lost, doubled: soaked.doubled }).toEqual({ lost: 0, doubled: 0 });
  expect(soaked.kills).toBeGreaterThan(0);
}, 300_000);
