import { expect, test } from "bun:test";
import { countLine } from "../../../src/cli/text/count-line.ts";
import { fakeClock } from "../../rig/clock.ts";

test("a scan that takes longer than a moment shows how far it is, in plain text, and removes it at the end", () => {
  const clock = fakeClock();
  const shown: string[] = [];
  const line = countLine((text) => shown.push(text), clock);
  line.onProgress(1, 9);
  clock.advance(400);
  line.onProgress(2, 9);
  line.onProgress(3, 9);
  clock.advance(200);
  line.onProgress(4, 9);
  line.clear();
  expect(shown).toEqual(["2 of 9 ended tasks read", "4 of 9 ended tasks read", ""]);
});
