import { describe, expect, test } from "bun:test";
import { parseSettings } from "../../src/intake/settings.ts";
import { ALWAYS, type WorkRules } from "../../src/model/work.ts";

const parse = (text: string) => parseSettings(text, { file: "config.yaml", userHome: "/home/ada" });
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

describe("work in config.yaml", () => {
  test.each<[text: string, said: Partial<WorkRules>]>([
    ["{}", {}],
    ["{hours: '22:00-07:00'}", { hours: [{ days: EVERY_DAY, fromMinute: 1_320, minutes: 540 }] }],
    ["{hours: [Sat-Sun]}", { hours: [{ days: [0, 6], fromMinute: 0, minutes: 1_440 }] }],
    [
      "{hours: ['mon-fri 00:00-24:00', 'Sat, sunday 9:30 - 12:00']}",
      {
        hours: [
          { days: [1, 2, 3, 4, 5], fromMinute: 0, minutes: 1_440 },
          { days: [0, 6], fromMinute: 570, minutes: 150 },
        ],
      },
    ],
    ["{hours: 'Fri-Mon 20:00-24:00'}", { hours: [{ days: [0, 1, 5, 6], fromMinute: 1_200, minutes: 240 }] }],
    [
      "{timeZone: Europe/Berlin, only_on_mains: true, maxLoad: 7.5, maxGpuUse: 20%}",
      { timeZone: "Europe/Berlin", onlyOnMains: true, maxLoad: 7.5, maxGpuUse: 20 },
    ],
  ])("%s", (text, said) => {
    const parsed = parse(`work: ${text}`);
    expect(parsed.ok ? parsed.value.work : parsed.error).toEqual({ ...ALWAYS, ...said });
  });

  test.each([
    ["{hours: 22-7}", "hours"],
    ["{hours: '22:00-22:00'}", "hours"],
    ["{hours: '25:00-26:00'}", "hours"],
    ["{hours: '22:00-07:61'}", "hours"],
    ["{hours: 'Caturday'}", "hours"],
    ["{hours: 'S 10:00-11:00'}", "hours"],
    ["{hours: 'Mon-Tue-Wed'}", "hours"],
    // Taken apart in each way that it can be, it would never be refused.
    ["{hours: 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh!'}", "hours"],
    ["{timeZone: Mars/Base}", "timeZone"],
    ["{maxLoad: 0}", "maxLoad"],
    ["{maxLoad: high}", "maxLoad"],
    ["{maxGpuUse: 20}", "maxGpuUse"],
    ["{maxGpuUse: 120%}", "maxGpuUse"],
    ["{onlyOnMains: yes}", "onlyOnMains"],
  ])("%s is refused at its place", (text, key) => {
    const parsed = parse(`work: ${text}`);
    const messages = parsed.ok ? [] : parsed.error.map(({ line, message }) => `${line} ${message}`);
    expect(messages).toEqual([expect.stringMatching(new RegExp(`^1 "work\\.${key}[^"]*" is .*, wanted`))]);
  });
});
