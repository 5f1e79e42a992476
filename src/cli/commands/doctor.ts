import { homePath } from "../../desk/home.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { runChecks } from "../doctor.ts";
import { examineDevices } from "../doctor-devices.ts";
import type { Check } from "../doctor-records.ts";
import { styleFor } from "../text/style.ts";

/** What to do, where there is something: the faults of a file have lines of their own. */
function linesOf(mend: string | undefined): string[] {
  return mend === undefined ? [] : mend.split("\n").map((line) => `     ${line}`.trimEnd());
}

const MARKS = { fine: "ok  ", note: "note", bad: "BAD " } as const;

export const verb = declareVerb({
  flags: { json: { help: "the findings as JSON" } },
  run: async ({ context, flags }) => {
    const path = homePath(context);
    const checks = [...(await runChecks(context, path)), ...(await examineDevices(context, path))];
    const style = styleFor(context.hasColor);
    const render = ({ verdict, what, mend }: Check): string => {
      const mark = verdict === "bad" ? style.bold(MARKS[verdict]) : MARKS[verdict];
      return asLines([`${mark} ${what}`, ...linesOf(mend)]);
    };
    context.out(flags.json ? `${JSON.stringify(checks, null, 2)}\n` : checks.map(render).join(""));
    return checks.some(({ verdict }) => verdict === "bad") ? EXIT.failed : EXIT.done;
  },
});
