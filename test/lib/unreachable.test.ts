import { expect, test } from "bun:test";
import { unreachable } from "../../src/lib/unreachable.ts";

test("unreachable() throws with the case that was forgotten", () => {
  expect(() => unreachable({ type: "forgotten" } as never)).toThrow('{"type":"forgotten"}');
});
