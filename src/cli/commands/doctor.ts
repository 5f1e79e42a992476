import { homePath } from "../../desk/home.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { runChecks } from "../doctor.ts";
import { examineDevices } from "../doctor-devices.ts";
import { renderChecks } from "../text/doctor.ts";
import { jsonText } from "../text/json.ts";
import { styleFor } from "../text/style.ts";

export const verb = declareVerb({
  flags: {
    verbose: {
      short: "v",
      help: "also list notes, and the checks that found nothing; a pipe always gets them",
    },
    json: { help: "print the checks as JSON" },
  },
  run: async ({ context, flags }) => {
    const path = homePath(context);
    const checks = [...(await runChecks(context, path)), ...(await examineDevices(context, path))];
    const isVerbose = flags.verbose === true || !context.isTerminal;
    const style = styleFor(context.hasColor);
    context.out(
      flags.json ? jsonText(checks) : renderChecks(checks, { style, isVerbose, columns: context.columns() }),
    );
    return checks.some(({ verdict }) => verdict === "fail") ? EXIT.failed : EXIT.done;
  },
});
