import { describe, expect, test } from "bun:test";
import type { Attempt } from "../../src/model/attempt.ts";
import type { Device } from "../../src/model/device.ts";
import { failureOf } from "../../src/model/failure.ts";
import type { Resources } from "../../src/model/resources.ts";
import type { Task } from "../../src/model/task.ts";
import { candidates, demandOf, plainDemand, unsuitable } from "../../src/plan/demand.ts";
import { plan } from "../../src/plan/plan.ts";
import { aDevice, aMachine, aSnapshot, GIB } from "../rig/machine.ts";
import { after, aTask, exited, killedBy, LOST, NOW_MS } from "../rig/tasks.ts";

describe("unsuitable()", () => {
  const t4 = aDevice(3, { name: "Tesla T4", memoryBytes: 16 * GIB, id: "GPU-5a77" });

  test.each([
    ["anything", {}, t4, null],
    ["a part of its name, in any case", { gpuModel: "tesla t4" }, t4, null],
    ["another model", { gpuModel: "A100" }, t4, "is a Tesla T4"],
    ["as much memory as it has", { gpuMemoryBytes: 16 * GIB }, t4, null],
    ["a byte more", { gpuMemoryBytes: 16 * GIB + 1 }, t4, "has too little memory"],
    ["a share as large as the whole", { vramBytes: 16 * GIB }, t4, null],
    ["a larger share", { vramBytes: 16 * GIB + 1 }, t4, "has too little memory"],
    ["its index", { gpuIds: ["3"] }, t4, null],
    ["the beginning of its id", { gpuIds: ["0", "GPU-5"] }, t4, null],
    ["another index", { gpuIds: ["0"] }, t4, "is not one of those named"],
    ["another id", { gpuIds: ["GPU-6"] }, t4, "is not one of those named"],
    [
      "memory of one that tells none",
      { vramBytes: 1 },
      { ...t4, memoryBytes: null },
      "does not report its memory",
    ],
    ["one that has failed", {}, { ...t4, fault: "off the bus" }, "has failed: off the bus"],
  ] satisfies [string, Resources, Device, string | null][])("asked for %s", (_what, wanted, device, why) => {
    expect(unsuitable(device, plainDemand(wanted))).toBe(why);
  });
});

/** The task after an attempt on devices that ended so. */
function afterOn(
  task: Task,
  ids: readonly string[],
  end: "GPU_OOM" | "GPU_ERROR" | "GPU_FAULT" | "lost" | "killed",
): Task {
  const ended = {
    GPU_OOM: () => after(task, exited(1), { logTail: "RuntimeError: CUDA out of memory" }),
    GPU_ERROR: () =>
      after(task, exited(1), { logTail: "RuntimeError: CUDA error: an illegal memory access" }),
    GPU_FAULT: () => after(task, killedBy("SIGKILL")),
    lost: () => after(task, LOST),
    killed: () => after(task, killedBy("SIGKILL")),
  }[end]();
  const attempts = ended.status.attempts.map((attempt, index, all): Attempt => {
    if (index < all.length - 1) return attempt;
    const fault = end === "GPU_FAULT" && { failure: failureOf("GPU_FAULT", "xid", "Xid 79") };
    return { ...attempt, ...fault, devices: [...ids] };
  });
  return { ...ended, status: { ...ended.status, attempts } };
}

describe("demandOf()", () => {
  const small = aDevice(0, { memoryBytes: 16 * GIB });
  const large = aDevice(1);
  const sharing = aTask({ spec: { resources: { vramBytes: 8 * GIB } } });
  const idsFor = (task: Task, found: readonly Device[]): string[] =>
    candidates(demandOf(task, found), found).map(({ id }) => id);

  test("asks for a whole, larger device after GPU_OOM, if there is one", () => {
    const failed = afterOn(sharing, ["GPU-0"], "GPU_OOM");
    expect(demandOf(failed, [small, large])).toEqual({
      resources: { gpus: 1 },
      gpus: 1,
      avoid: [],
      moreThanBytes: 16 * GIB,
    });
    expect(idsFor(failed, [small, large])).toEqual(["GPU-1"]);
    expect(idsFor(failed, [small])).toEqual(["GPU-0"]);
    expect(idsFor(afterOn(sharing, ["GPU-1"], "GPU_OOM"), [small, large])).toEqual(["GPU-0", "GPU-1"]);
  });

  test("remembers a GPU_OOM over a reboot, and forgets it in a new epoch or after another end", () => {
    const failed = afterOn(sharing, ["GPU-0"], "GPU_OOM");
    const wanted = { resources: { gpus: 1 }, moreThanBytes: 16 * GIB };
    expect(demandOf(afterOn(failed, ["GPU-1"], "lost"), [small, large])).toMatchObject(wanted);
    const plain = { ...plainDemand(sharing.spec.resources) };
    const later = { ...failed, metadata: { ...failed.metadata, epoch: 2 } };
    expect(demandOf(later, [small, large])).toEqual(plain);
    expect(demandOf(afterOn(failed, ["GPU-1"], "killed"), [small, large])).toEqual(plain);
  });

  test("avoids each device that failed under it, as long as others are left", () => {
    const once = afterOn(sharing, ["GPU-1"], "GPU_ERROR");
    expect(demandOf(once, [small, large]).avoid).toEqual(["GPU-1"]);
    expect(idsFor(once, [small, large])).toEqual(["GPU-0"]);
    const twice = afterOn(once, ["GPU-0"], "GPU_FAULT");
    expect(idsFor(twice, [small, large])).toEqual(["GPU-0", "GPU-1"]);
    expect(idsFor(twice, [small, large, aDevice(2)])).toEqual(["GPU-2"]);
  });

  test("does not restrict devices for a task without GPUs", () => {
    expect(demandOf(afterOn(aTask(), ["GPU-0"], "GPU_OOM"), [small])).toEqual(plainDemand({}));
  });

  test("is computed for each task that has failed, whatever another with the same wish got", () => {
    // Too little is left for a share of 79 GiB, but a desktop does not keep the device from being given away whole.
    const desktop = aDevice(0, { foreign: [{ pid: 4_711, bytes: GIB }], freeBytes: 79 * GIB - 1 });
    const wanted = { spec: { resources: { vramBytes: 79 * GIB } } };
    const failed = afterOn(aTask({ ...wanted, number: 2 }), ["GPU-0"], "GPU_OOM");
    const queued = [aTask({ ...wanted, number: 1 }), failed];
    const machine = aMachine({ devices: [desktop] });
    const { actions } = plan(aSnapshot({ queued, machine, nowMs: NOW_MS + 120_000 }));
    expect(actions).toMatchObject([{ type: "claim", task: failed, devices: ["GPU-0"] }]);
  });
});
