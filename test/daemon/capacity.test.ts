import { expect, test } from "bun:test";
import { totalmem } from "node:os";
import { machineCapacity } from "../../src/daemon/capacity.ts";

test("the reserve is subtracted from the memory, down to zero", () => {
  expect(machineCapacity().memoryBytes).toBe(totalmem());
  expect(machineCapacity(2, 1_000).memoryBytes).toBe(totalmem() - 1_000);
  expect(machineCapacity(2, Number.MAX_SAFE_INTEGER).memoryBytes).toBe(0);
});
