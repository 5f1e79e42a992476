import { ok, type Result } from "../lib/result.ts";
import type { WorkWindow } from "../model/work.ts";
import { type Fault, misfit } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { after, listOf, reader, text, yesOrNo } from "./readers.ts";
import { zoneName } from "./schedule-times.ts";
import { textLike } from "./schema.ts";
import type { Value } from "./value.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAY_MINUTES = 1_440;
/** A higher load is assumed to be a typing error. */
const MAX_LOAD = 10_000;

/** `work` of config.yaml: when jobs are started. */
export const workSettings = mapping({
  hours: listOf(reader(textLike("[0-9A-Za-z]"), after(text, windowIn))),
  timeZone: zoneName,
  onlyOnMains: yesOrNo,
  maxLoad: reader({ type: "number", exclusiveMinimum: 0, maximum: MAX_LOAD }, load),
  maxGpuUse: reader(textLike("^(\\d{1,2}|100)\\s*%$"), percent),
});

/** `22:00-07:00`, `Sat-Sun`, `Mon-Fri 22:00-07:00`, `Sat, Sun 10:00-18:00`; the days are those on which the window begins. */
function windowIn(whole: string, value: Value): Result<WorkWindow, Fault[]> {
  const wanted = "hours such as 22:00-07:00, Sat-Sun or Mon-Fri 22:00-07:00";
  const typed = whole.trim();
  const cut = typed.search(/\d/);
  const dayText = (cut === -1 ? typed : typed.slice(0, cut)).trim();
  const timeText = cut === -1 ? undefined : typed.slice(cut);
  const days = dayText === "" ? [...DAYS.keys()] : daysOf(dayText);
  const times = timeText === undefined ? { fromMinute: 0, minutes: DAY_MINUTES } : timesOf(timeText);
  if (days === null || times === null) return misfit(value, wanted);
  return ok({ days, ...times });
}

function daysOf(typed: string): number[] | null {
  const found = new Set<number>();
  for (const part of typed.split(",").map((one) => one.trim())) {
    const [from = -1, to = from, ...more] = part.split("-").map((word) => dayOf(word.trim()));
    if (from < 0 || to < 0 || more.length > 0) return null;
    for (let day = from; ; day = (day + 1) % DAYS.length) {
      found.add(day);
      if (day === to) break;
    }
  }
  return [...found].sort((left, right) => left - right);
}

/** The index of a day, by three letters or its whole name. */
function dayOf(word: string): number {
  const names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
  const typed = word.toLowerCase();
  return names.findIndex((name) => typed.length >= 3 && name.startsWith(typed));
}

function timesOf(typed: string): Pick<WorkWindow, "fromMinute" | "minutes"> | null {
  const [, fromHour, fromMinute, toHour, toMinute] =
    /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(typed) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const isTime = from < DAY_MINUTES && to <= DAY_MINUTES && Number(fromMinute) < 60 && Number(toMinute) < 60;
  if (!isTime || from === to) return null;
  return { fromMinute: from, minutes: (to - from + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES };
}

/** A number above 0, whole or not. */
function load(value: Value): Result<number, Fault[]> {
  const given = value.type === "scalar" && typeof value.data === "number" ? value.data : Number.NaN;
  return given > 0 && given <= MAX_LOAD ? ok(given) : misfit(value, "a load average such as 8");
}

/** `20%`. */
function percent(value: Value): Result<number, Fault[]> {
  const [, digits] = /^(\d{1,3})\s*%$/.exec(value.type === "scalar" ? value.text : "") ?? [];
  const share = digits === undefined ? Number.NaN : Number(digits);
  return share <= 100 ? ok(share) : misfit(value, "a share such as 20%");
}
