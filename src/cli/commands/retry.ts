import { tellOfCancelledChildren } from "../../desk/cancelled-children.ts";
import { actVerb } from "../act-on.ts";

export const verb = actVerb(
  {},
  {
    states: ["failed", "cancelled"],
    eligible: ({ status }) => status.state === "failed" || status.state === "cancelled",
    operation: (targets) => ({ verb: "retry", targets }),
    tellMore: tellOfCancelledChildren,
  },
);
