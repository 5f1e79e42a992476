import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  canMove,
  directoryOf,
  isActive,
  isTerminal,
  PLACES,
  STATES,
  type State,
  stepsBetween,
} from "../../src/model/state.ts";

/** The rows of the transition table, copied from the page that is the contract (model.md, section 2). */
const ALLOWED: readonly (readonly [from: State, to: State])[] = [
  ["queued", "preparing"],
  ["queued", "failed"],
  ["queued", "cancelled"],
  ["preparing", "running"],
  ["preparing", "queued"],
  ["preparing", "failed"],
  ["preparing", "cancelled"],
  ["running", "serving"],
  ["running", "collecting"],
  ["running", "failed"],
  ["running", "queued"],
  ["running", "cancelled"],
  ["running", "orphaned"],
  ["running", "stopping"],
  ["serving", "stopping"],
  ["serving", "failed"],
  ["serving", "queued"],
  ["serving", "orphaned"],
  ["serving", "cancelled"],
  ["stopping", "completed"],
  ["stopping", "cancelled"],
  ["stopping", "failed"],
  ["stopping", "orphaned"],
  ["stopping", "queued"],
  ["collecting", "completed"],
  ["collecting", "queued"],
  ["collecting", "failed"],
  ["collecting", "cancelled"],
  ["collecting", "collecting"],
  ["orphaned", "queued"],
  ["orphaned", "failed"],
  ["orphaned", "collecting"],
  ["orphaned", "completed"],
  ["orphaned", "cancelled"],
  ["failed", "queued"],
  ["cancelled", "queued"],
];

const isAllowed = (from: State, to: State): boolean =>
  ALLOWED.some((pair) => pair[0] === from && pair[1] === to);
const pairs = STATES.flatMap((from) => STATES.map((to) => [from, to, isAllowed(from, to)] as const));

describe("canMove()", () => {
  test("is tested with all hundred pairs", () => {
    expect(new Set(STATES).size).toBe(10);
    expect(pairs).toHaveLength(100);
  });

  test.each(pairs)("%s -> %s is %p", (from, to, allowed) => {
    expect(canMove(from, to)).toBe(allowed);
  });

  test("lets nothing leave completed", () => {
    expect(STATES.filter((to) => canMove("completed", to))).toEqual([]);
  });
});

describe("the drawing above the table", () => {
  const source = readFileSync("src/model/state.ts", "utf8");
  const drawing = source.slice(
    source.indexOf("/**\n * The transitions from"),
    source.indexOf("export const TRANSITIONS"),
  );
  const words = STATES.join("|");
  const arrows = [...drawing.matchAll(new RegExp(`(?=\\b(${words}) ─+► (${words})\\b)`, "g"))];

  test("shows every state", () => {
    expect(STATES.filter((state) => !drawing.includes(state))).toEqual([]);
  });

  test("has no arrow that is not in the table", () => {
    const drawn = arrows.map(([, from, to]) => [from, to] as [State, State]);
    expect(drawn.length).toBeGreaterThanOrEqual(5);
    expect(drawn.filter(([from, to]) => !isAllowed(from, to))).toEqual([]);
  });

  test("shows the path of a success from start to end", () => {
    expect(drawing).toContain("queued ──► preparing ──► running ──► collecting ──► completed");
  });
});

describe("placeOf()", () => {
  test.each([
    ["queued", "pending"],
    ["preparing", "running"],
    ["running", "running"],
    ["serving", "running"],
    ["stopping", "running"],
    ["collecting", "running"],
    ["orphaned", "running"],
    ["completed", "done"],
    ["failed", "dead-letter"],
    ["cancelled", "done"],
  ] as const)("puts %s into %s/", (state, place) => {
    expect(directoryOf(state)).toBe(place);
    expect(isTerminal(state)).toBe(place === "done" || place === "dead-letter");
    expect(isActive(state)).toBe(place === "running");
  });

  test("has a state for every directory", () => {
    expect(new Set(STATES.map(directoryOf))).toEqual(new Set(PLACES));
  });
});

describe("stepsBetween()", () => {
  const ways = STATES.flatMap((from) => STATES.map((to) => ({ from, to })));
  const canEver = ({ from, to }: { from: State; to: State }): boolean => from === to || from !== "completed";

  test.each(ways.filter(canEver))("goes from $from to $to along the table", ({ from, to }) => {
    const steps = stepsBetween(from, to);
    expect(steps.filter((step) => !isAllowed(...step))).toEqual([]);
    expect([from, ...steps.map((step) => step[1])]).toEqual([...steps.map((step) => step[0]), to]);
    if (from !== to && isAllowed(from, to)) expect(steps).toEqual([[from, to]]);
  });

  test.each(ways.filter((way) => !canEver(way)))("throws for $from to $to", ({ from, to }) => {
    expect(() => stepsBetween(from, to)).toThrow(`invalid transition ${from} -> ${to}`);
  });

  test.each([
    ["preparing", "completed", ["running", "collecting", "completed"]],
    ["running", "completed", ["collecting", "completed"]],
    ["queued", "running", ["preparing", "running"]],
    ["serving", "completed", ["stopping", "completed"]],
  ] as const)("names the transient states between %s and %s", (from, to, passed) => {
    expect(stepsBetween(from, to).map((step) => step[1])).toEqual([...passed]);
  });
});
