import { homePath } from "../../desk/home.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { runChecks } from "../doctor.ts";
import { examineDevices } from "../doctor-devices.ts";
import type { Check } from "../doctor-records.ts";
import { styleFor } from "../text/style.ts";

/** The lines of the advice; the faults of a file are several. */
function linesOf(fix: string | undefined): string[] {
  return fix === undefined ? [] : fix.split("\n").map((line) => `     ${line}`.trimEnd());
}

const MARKS = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

export const verb = declareVerb({
  flags: { json: { help: "the findings as JSON" } },
  run: async ({ context, flags }) => {
    const path = homePath(context);
    const checks = [...(await runChecks(context, path)), ...(await examineDevices(context, path))];
    const style = styleFor(context.hasColor);
    const render = ({ verdict, what, fix }: Check): string => {
      const mark = verdict === "fail" ? style.bold(MARKS[verdict]) : MARKS[verdict];
      return asLines([`${mark} ${what}`, ...linesOf(fix)]);
    };
    context.out(flags.json ? `${JSON.stringify(checks, null, 2)}\n` : checks.map(render).join(""));
    return checks.some(({ verdict }) => verdict === "fail") ? EXIT.failed : EXIT.done;
  },
});
