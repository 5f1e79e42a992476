import { readOverview } from "../../desk/overview.ts";
import { serviceSeen } from "../../desk/services.ts";
import { EXIT } from "../../model/errors.ts";
import { isService } from "../../model/service.ts";
import { declareVerb } from "../command-line/declare.ts";
import { inHome } from "../in-home.ts";
import { jsonText } from "../text/json.ts";
import { serviceTable } from "../text/services.ts";
import { styleFor } from "../text/style.ts";
import { queueSeen } from "../waits.ts";

export const verb = declareVerb({
  flags: { json: { help: "print JSON" } },
  notes:
    "Lists the tasks with `service:` that have not ended. UP is since a service was ready, IDLE since it was last used. `stint open NAME` prints the address with its token. See `stint help services`.",
  run: inHome(async ({ context, flags }, layout) => {
    const nowMs = context.clock.now();
    const overview = readOverview(layout, nowMs);
    const services = [...overview.active, ...overview.queued].filter(isService);
    if (flags.json === true) {
      context.out(jsonText(services.map(serviceSeen)));
      return EXIT.done;
    }
    if (services.length === 0) {
      context.err("No services. To start one: stint init jupyter && stint submit jupyter.yaml\n");
      return EXIT.done;
    }
    const { waitOf } = await queueSeen(context, layout, overview);
    const shown = { nowMs, style: styleFor(context.hasColor), columns: context.columns(), waitOf };
    context.out(serviceTable(services, shown));
    return EXIT.done;
  }),
});
