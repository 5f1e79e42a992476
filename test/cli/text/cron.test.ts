import { expect, test } from "bun:test";
import { describeTiming } from "../../../src/cli/text/cron.ts";

test.each([
  ["* * * * *", "every minute"],
  ["*/5 * * * *", "every 5 minutes"],
  ["0,20,40 * * * *", "every 20 minutes"],
  ["*/45 * * * *", "every hour at :00 and :45"],
  ["*/7 * * * *", "at */7 * * * *"],
  ["5 * * * *", "every hour at :05"],
  ["0 */6 * * *", "every 6 hours at :00"],
  ["0 */5 * * *", "every day at 00:00, 05:00, 10:00, 15:00 and 20:00"],
  ["23 0-20/2 * * *", "every 2 hours from 00:23 to 20:23"],
  ["0 9-17 * * 1-5", "every hour from 09:00 to 17:00, Monday to Friday"],
  ["*/10 9-17 * * MON-FRI", "every 10 minutes from 09:00 to 17:50, Monday to Friday"],
  ["30 1 * * *", "every day at 01:30"],
  ["0 0 * * 6,0", "every Saturday and Sunday at 00:00"],
  ["0 0 * * 5-7", "Friday to Sunday at 00:00"],
  ["0 0 1,15 * *", "on days 1 and 15 of every month at 00:00"],
  ["@yearly", "on day 1 of January at 00:00"],
  ["0 12 * 6-8 1", "every Monday in June to August at 12:00"],
  ["0 0 1 * 5", "on day 1, and every Friday, at 00:00"],
  ["0 0 1 6 1-5", "on day 1, and Monday to Friday, in June, at 00:00"],
  ["0 0 1-31 * 5", "every day at 00:00"],
  ["0 0 *,1 * 5", "every Friday at 00:00"],
  ["0 0 */100,1-7 * MON", "every Monday on days 1 to 7 at 00:00"],
  ["0 0 1 * */2", "every Tuesday, Thursday, Saturday and Sunday on day 1 at 00:00"],
  ["0 0 L * *", "at 0 0 L * *"],
])("%s is %s", (expression, words) => {
  expect(describeTiming({ type: "cron", expressions: [expression] })).toBe(words);
});

test("a list is told one by one", () => {
  const expressions = ["0 9 * * 1-5", "0 12 * * 6"];
  expect(describeTiming({ type: "cron", expressions })).toBe(
    "Monday to Friday at 09:00; every Saturday at 12:00",
  );
});
