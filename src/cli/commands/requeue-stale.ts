import { homePath } from "../../desk/home.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb } from "../command-line/declare.ts";
import { DURATION } from "../command-line/values.ts";
import { performAndTell } from "../targets.ts";

export const verb = declareVerb({
  flags: {
    olderThan: { value: DURATION, default: "0s", help: "only tasks that started longer ago than this" },
    json: { help: "print JSON" },
  },
  notes: "A supervisor does this by itself.",
  run: async ({ context, flags }) => {
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const operation = { verb: "requeueStale", olderThanMs: flags.olderThan } as const;
    return performAndTell(context, home.value, { operation, json: flags.json === true });
  },
});
