import { actVerb } from "../act-on.ts";

export const verb = actVerb(
  {},
  {
    states: ["queued"],
    eligible: ({ status, spec }) => status.state === "queued" && !spec.hold,
    operation: (targets) => ({ verb: "hold", targets }),
  },
);
