import type { Command } from "commander";
import { declareActVerb } from "../act-on.ts";
import { tellOfCancelledChildren } from "../cancelled-children.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, invocation: Invocation): void {
  declareActVerb(command, invocation, {
    states: ["failed", "cancelled"],
    eligible: ({ status }) => status.state === "failed" || status.state === "cancelled",
    operation: (targets) => ({ verb: "retry", targets }),
    tellMore: tellOfCancelledChildren,
  });
}
