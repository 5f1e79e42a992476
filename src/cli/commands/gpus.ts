import { noDeviceFound, seeDevices } from "../../desk/devices.ts";
import { homePath } from "../../desk/home.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { renderDevices } from "../text/devices.ts";
import { jsonText } from "../text/json.ts";

export const verb = declareVerb({
  flags: { json: { help: "print JSON" } },
  notes:
    "Shows what the supervisor read last; without a supervisor, reads the GPUs now. `gpus:` in config.yaml selects the GPUs to use.",
  run: async ({ context, flags }) => {
    const seen = await seeDevices(context, homePath(context), { isFresh: false });
    if (!seen.ok) return seen.error;
    const { inventory, devices } = seen.value;
    const { at, problem } = inventory;
    if (flags.json) context.out(jsonText({ at, problem, devices }));
    else if (devices.length > 0) context.out(renderDevices(devices, context.columns()));
    else if (problem === null) context.out(`${noDeviceFound(seen.value)}\n`);
    if (problem !== null) context.err(asLines([`GPUs cannot be read: ${problem} (more: stint doctor)`]));
    return problem !== null && devices.length === 0 ? EXIT.failed : EXIT.done;
  },
});
