import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import {
  type Bounds,
  boundsInForce,
  describeBounds,
  isEmpty,
  layersOf,
  NO_OVERRIDES,
  type Overrides,
  overrides,
  withBounds,
  withoutBounds,
  withPause,
} from "../../src/model/overrides.ts";
import { fc } from "../rig/fast-check.ts";

const PAUSED = { at: "2026-05-01T00:00:00.000Z", by: "ada" };

const counts = fc.dictionary(
  fc.constantFrom("train", "constructor", "__proto__", "k=v"),
  fc.integer({ min: 1, max: 9 }),
);
const anyBounds: fc.Arbitrary<Bounds> = fc.record(
  {
    jobs: fc.integer({ min: 1, max: 9 }),
    gpus: fc.constantFrom<string[] | null>(null, [], ["0", "GPU-1"]),
    slots: counts,
    labels: counts,
  },
  { requiredKeys: [] },
);

/** Changes of the owner `now`, after some of an owner that has ended. */
const anyOverrides: fc.Arbitrary<Overrides> = fc
  .array(fc.record({ bounds: anyBounds, isLasting: fc.boolean(), owner: fc.constantFrom("before", "now") }), {
    maxLength: 5,
  })
  .map((changes) =>
    changes.reduce((left, { bounds, ...how }) => withBounds(left, bounds, how), NO_OVERRIDES),
  );

const inForce = (of: Overrides, owner: string | null, below: Bounds = {}): Bounds =>
  boundsInForce({ config: below, ...layersOf(of, owner) });

describe("changes of limits", () => {
  test("a change applies as it is, over all before it, lasting or until the restart", () => {
    fc.assert(
      fc.property(anyOverrides, anyBounds, anyBounds, fc.boolean(), (before, config, change, isLasting) => {
        const after = inForce(withBounds(before, change, { owner: "now", isLasting }), "now", config);
        const was = inForce(before, "now", config);
        expect(after.jobs).toBe(change.jobs ?? was.jobs);
        expect(after.gpus).toEqual(change.gpus === undefined ? was.gpus : change.gpus);
        expect({ ...after.slots }).toEqual({ ...was.slots, ...change.slots });
        expect({ ...after.labels }).toEqual({ ...was.labels, ...change.labels });
      }),
    );
  });

  test("a change until the restart counts for no other owner of the lock, and drops no lasting one", () => {
    fc.assert(
      fc.property(anyOverrides, anyBounds, (before, change) => {
        const after = withBounds(before, change, { owner: "now", isLasting: false });
        expect(after.lasting).toEqual(before.lasting);
        for (const owner of ["next", null])
          expect(inForce(after, owner)).toEqual(boundsInForce({ lasting: before.lasting }));
      }),
    );
  });

  test("a reset drops all of them, and no pause", () => {
    fc.assert(
      fc.property(anyOverrides, (before) => {
        expect(withoutBounds(withPause(before, PAUSED))).toEqual({ lasting: {}, paused: PAUSED });
        expect(withoutBounds(before)).toEqual(NO_OVERRIDES);
      }),
    );
  });

  test("what is written is read as it was, whatever the lanes and labels are called", () => {
    fc.assert(
      fc.property(anyOverrides, fc.boolean(), (made, isPaused) => {
        const written = withPause(made, isPaused ? PAUSED : null);
        const read = check(overrides, JSON.parse(JSON.stringify(written)));
        expect(read).toEqual({ ok: true, value: written });
      }),
    );
  });

  test.each([{ lasting: { jobs: 0 } }, { lasting: { slots: { a: 1.5 } } }, { lasting: { slots: [1] } }, {}])(
    "%j is no file of changes",
    (data) => expect(check(overrides, data).ok).toBeFalse(),
  );

  test("are told in words", () => {
    const bounds = { jobs: 3, gpus: ["0", "1"], slots: { train: 2 }, labels: { "team=a": 1 } };
    expect(describeBounds(bounds)).toBe("jobs 3, gpus 0,1, lane train 2, label team=a 1");
    expect([describeBounds({ gpus: null }), describeBounds({ gpus: [] })]).toEqual(["gpus all", "gpus none"]);
    expect([isEmpty({}), isEmpty({ slots: {} }), isEmpty({ gpus: null })]).toEqual([true, true, false]);
  });
});
