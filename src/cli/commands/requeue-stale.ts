import { declareVerb } from "../command-line/declare.ts";
import { DURATION } from "../command-line/values.ts";
import { inHome } from "../in-home.ts";
import { performAndTell } from "../targets.ts";

export const verb = declareVerb({
  flags: {
    olderThan: { value: DURATION, default: "0s", help: "only tasks that started longer ago than this" },
    json: { help: "print JSON" },
  },
  notes: "A supervisor does this by itself.",
  run: inHome(async ({ context, flags }, layout) => {
    const operation = { verb: "requeueStale", olderThanMs: flags.olderThan } as const;
    return performAndTell(context, layout, { operation, json: flags.json === true });
  }),
});
