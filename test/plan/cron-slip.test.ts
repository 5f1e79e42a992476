import { expect, test } from "bun:test";
import { CRON_FORM, cronSlip } from "../../src/plan/cron-slip.ts";

const FIELDS = "has 6 fields, wanted five";
const DOWN = "which goes down, wanted a range that goes up";
const WEEKDAYS = "wanted 0 to 7 or SUN to SAT";
const NICKNAMES = "wanted @hourly, @daily, @weekly, @monthly or @yearly";

test.each([
  ["* * * * * *", FIELDS, "for a period of seconds write every: 1s in place of cron:"],
  ["*/10 * * * * *", FIELDS, "for a period of seconds write every: 10s in place of cron:"],
  ["0 30 1 * * MON", FIELDS, 'without the seconds: "30 1 * * MON"'],
  ["0 0 10 ? * MON-FRI", FIELDS, 'without the seconds: "0 10 * * MON-FRI"'],
  ["0 10 ? * MON-FRI *", FIELDS, 'without the year: "0 10 * * MON-FRI"'],
  ["0 0 0 1 1 ? 2030", "has 7 fields, wanted five", 'without the seconds: "0 0 1 1 *"'],
  ["0 9", "has 2 fields, wanted five", CRON_FORM],
  ["", "has no field, wanted five", CRON_FORM],
  ["0 9 * * 1-5 7 8 9", "has 8 fields, wanted five", CRON_FORM],
  [
    "CRON_TZ=Europe/Berlin 0 9 * * *",
    "begins with a time zone",
    'write timeZone: Europe/Berlin and cron: "0 9 * * *"',
  ],
  ["TZ=UTC @daily", "begins with a time zone", 'write timeZone: UTC and cron: "@daily"'],
  ["@every 1h30m", 'is "@every 1h30m", wanted five fields', "write every: 1h30m in place of cron:"],
  ["every 5 minutes", 'is "every 5 minutes", wanted five fields', "write every: 5m in place of cron:"],
  [
    "@every 5 months",
    'is "@every 5 months", wanted five fields',
    "for a period write every: 5m in place of cron:",
  ],
  ["@every 2 weeks", 'is "@every 2 weeks", wanted five fields', "write every: 14d in place of cron:"],
  ["@every month", 'is "@every month", wanted five fields', "for a period write every: 5m in place of cron:"],
  [
    "@reboot",
    "is @reboot, which is not a time",
    "`stint service install` starts stint at boot, and what is queued runs then",
  ],
  ["@every_minute", 'is "@every_minute"', 'write "* * * * *"'],
  ["@dayly", `is "@dayly", ${NICKNAMES}`, 'did you mean "@daily"?'],
  ["hourly", `is "hourly", ${NICKNAMES}`, 'did you mean "@hourly"?'],
  ["14:30", "is the time 14:30", 'for each day write "30 14 * * *"'],
  [
    "30 1 * * * /usr/bin/save --all",
    "has a command after its times",
    'write cron: "30 1 * * *" and task: { run: "/usr/bin/save --all" }',
  ],
  ["@daily make all", "has a command after its times", 'write cron: "@daily" and task: { run: "make all" }'],
  ["0 0 * * FRI-MON", `has "FRI-MON" as its day of the week, ${DOWN}`, 'write "0 0 * * FRI,SAT,SUN,MON"'],
  ["0 22-2 * * *", `has "22-2" as its hour, ${DOWN}`, 'write "0 22-23,0-2 * * *"'],
  ["0 5,22-2/2 * * *", `has "22-2/2" as its hour, ${DOWN}`, 'write "0 5,22,0,2 * * *"'],
  ["0 0 * * 5-1", `has "5-1" as its day of the week, ${DOWN}`, 'write "0 0 * * 5-7,1"'],
  ["0 0 * * 5-0", `has "5-0" as its day of the week, ${DOWN}`, 'write "0 0 * * 5-7"'],
  ["0 0 * NOV-FEB *", `has "NOV-FEB" as its month, ${DOWN}`, 'write "0 0 * NOV,DEC,JAN,FEB *"'],
  ["0 0 0 * *", 'has "0" as its day, wanted 1 to 31', CRON_FORM],
  ["0 0 * 0 *", 'has "0" as its month, wanted 1 to 12 or JAN to DEC', CRON_FORM],
  ["0 24 * * *", 'has "24" as its hour, wanted 0 to 23', 'write "0 0 * * *"'],
  ["60 * * * *", 'has "60" as its minute, wanted 0 to 59', CRON_FORM],
  ["0 9 MON * *", 'has "MON" as its day, wanted 1 to 31', CRON_FORM],
  [
    "0 0 * * monday-friday",
    `has "monday-friday" as its day of the week, ${WEEKDAYS}`,
    'write "0 0 * * MON-FRI"',
  ],
  ["0 0 * * *-5", `has "*-5" as its day of the week, ${WEEKDAYS}`, CRON_FORM],
  ["5/15 * * * *", 'has "5/15" as its minute, a step without a range', 'write "5-59/15 * * * *"'],
  ["/15 * * * *", 'has "/15" as its minute, a step without a range', 'write "*/15 * * * *"'],
  ["*/0 * * * *", 'has "*/0" as its minute, which has a step of 0, wanted 1 or more', CRON_FORM],
  ["1,,2 * * * *", 'has "1,,2" as its minute, where a value is missing beside a comma', CRON_FORM],
  [
    "H * * * *",
    'has "H" as its minute, wanted 0 to 59',
    "H is of Jenkins: write a number, and jitter: 10m to spread firings",
  ],
  [
    "0~30 * * * *",
    'has "0~30" as its minute, wanted 0 to 59',
    "for a random delay write a number, and jitter: 10m",
  ],
])("%j %s", (text, what, hint) => {
  expect(cronSlip(text)).toMatchObject({ what, hint });
});

test.each([
  "30 1 * * *",
  " 30  1 * *\t* ",
  "@Daily",
  "0 0 * jan-MAR Sun,7",
  "0 0 * * SAT-SUN",
  "0 0 * * 1-7/2",
  "*/90 0-23/5 L 2,4 5#2",
  "0 0 15W * FRIL",
])("%j is right", (text) => {
  expect(cronSlip(text)).toBeNull();
});
