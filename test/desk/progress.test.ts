import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgressSeen, progressOf } from "../../src/desk/progress.ts";
import { after, asRunning, aTask, at, exited, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const BAR = "\repoch 3:  84%|████████▍ | 84/100 [00:35<00:07,  2.35it/s]";
const BAR_SEEN = { percent: 84, message: "epoch 3", leftMs: 7_000, source: "log" };

describe("the progress of a running job", () => {
  let home: TempHome;
  const running = asRunning(aTask());
  const file = (name: string): string => join(home.layout.attempt(running.metadata.id, 1), name);
  const seen = (task = running): ProgressSeen | null => {
    const caller = { env: { API_TOKEN: "hunter2hunter2" }, clock: { now: () => NOW_MS } as never };
    return progressOf(caller, home.layout, task);
  };
  beforeEach(() => {
    home = new TempHome();
    mkdirSync(file("."), { recursive: true });
  });
  afterEach(async () => {
    await home[Symbol.asyncDispose]();
  });

  test("is that of the bar in its log, however long the log is", () => {
    writeFileSync(file("output.log"), `${"x".repeat(1_000_000)}${BAR.repeat(1_000)}`);
    expect(seen()).toEqual(BAR_SEEN as ProgressSeen);
    expect(seen(after(aTask(), exited(0)))).toBeNull();
  });

  test.each<[string, Partial<ProgressSeen>]>([
    [`{"type":"PROGRESS","msg":42}`, { percent: 42, message: "", leftMs: null }],
    [`{"type":"PROGRESS","step":3,"total":4,"eta":9}`, { percent: 75, message: "step 3/4", leftMs: 9_000 }],
    [
      `{"type":"progress","percent":1,"text":"key hunter2hunter2","eta":60,"at":"${at(-20_000)}"}`,
      { percent: 1, message: "key ***", leftMs: 40_000 },
    ],
  ])("is what it told last, and not that of a bar: %s", (line, expected) => {
    writeFileSync(file("output.log"), BAR);
    const others = '{"type":"METRIC","name":"loss","value":1}\n'.repeat(100);
    writeFileSync(
      file("events.ndjson"),
      `{"type":"PROGRESS","msg":7}\n${line}\n${others}not an event PROGRESS\n`,
    );
    expect(seen()).toEqual({ ...expected, source: "event" } as ProgressSeen);
  });

  test("is that of the bar where its events are no file of its own", () => {
    writeFileSync(file("output.log"), BAR);
    writeFileSync(file("other"), `{"type":"PROGRESS","msg":7}\n`);
    symlinkSync(file("other"), file("events.ndjson"));
    expect(seen()).toEqual(BAR_SEEN as ProgressSeen);
  });
});
