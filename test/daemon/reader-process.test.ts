import { expect, test } from "bun:test";
import { orderSetting } from "../../src/daemon/admit/order.ts";
import type { FilesMessage, FilesOrder } from "../../src/daemon/admit/reading.ts";
import { ReaderProcess } from "../../src/daemon/reader-process.ts";
import { fakeClock } from "../rig/clock.ts";
import { holderOf } from "../rig/holder.ts";
import { until } from "../rig/stint.ts";
import { TempHome } from "../rig/temp-home.ts";

test("a reader process that dies before it gets its request is reported by its exit, and no exception escapes", async () => {
  await using home = new TempHome();
  const clock = fakeClock();
  const supervisor = holderOf(home.layout, clock);
  const path = "x".repeat(1_000);
  // More than a pipe holds. The program of a test has no such verb.
  const files = Array.from({ length: 4_000 }, () => ({ path, file: "a.yaml", directory: "/" }));
  const setting = orderSetting(supervisor, { userHome: "/" });
  const order: FilesOrder = { kind: "files", batch: "b1", files, ...setting };
  const { layout } = home;
  using reader = new ReaderProcess<FilesMessage>(order, {
    layout,
    clock,
    self: "",
    environment: {},
    nudge: () => {},
  });
  await until("it is over", () => reader.isOver);
  expect(reader.told).toEqual([]);
  expect(reader.end).toStartWith("ended with code ");
  supervisor[Symbol.dispose]();
});
