import { expect, test } from "bun:test";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { fc } from "../rig/fast-check.ts";
import { TempHome } from "../rig/temp-home.ts";
import type { Step } from "./queue-model.ts";
import { POINTS, Rig } from "./queue-rig.ts";

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...(["cancel", "retry", "hold", "release"] as const))
      .map((type) => ({ type })),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(...(["claim", "claim", "start"] as const)).map((type) => ({ type })),
  },
  { weight: 1, arbitrary: fc.nat({ max: 3 }).map((priority) => ({ type: "set", priority }) as const) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...(["success", "failure", "killed", "killed"] as const))
      .map((how) => ({ type: "end", how }) as const),
  },
);

const anyMove = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }).map((count) => (rig: Rig) => rig.submit(count)) },
  { weight: 1, arbitrary: fc.boolean().map((deadLetter) => (rig: Rig) => rig.clean(deadLetter)) },
  { weight: 1, arbitrary: fc.constant((rig: Rig) => rig.restart()) },
  {
    weight: 16,
    arbitrary: fc
      .tuple(
        fc.nat({ max: 2 }),
        anyStep,
        fc.oneof(
          { weight: 1, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: fc.constantFrom(...POINTS) },
        ),
      )
      .map(
        ([nth, step, dieAt]) =>
          (rig: Rig) =>
            rig.step(nth, step, dieAt),
      ),
  },
);

test("the queue is equal to a simple model of it after any sequence of steps, crashes and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyMove, { minLength: 5, maxLength: 80 }), async (moves) => {
      await using home = new TempHome();
      const rig = new Rig(home);
      try {
        rig.submit(2);
        for (const move of moves) {
          rig.clock.advance(1_000);
          move(rig);
          rig.check();
        }
        expect(verifyAudit(home.layout).ok).toBeTrue();
      } finally {
        rig.close();
      }
    }),
    { numRuns: 40 },
  );
}, 300_000);
