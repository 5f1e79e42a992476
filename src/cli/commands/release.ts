import { actVerb } from "../act-on.ts";
import { tellIfNothingStarts } from "../start-note.ts";

export const verb = actVerb(
  {},
  {
    states: ["queued"],
    eligible: ({ status, spec }) => status.state === "queued" && spec.hold,
    operation: (targets) => ({ verb: "release", targets }),
    tellMore: tellIfNothingStarts,
  },
);
