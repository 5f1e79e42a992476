import type { Command } from "commander";
import { declareActVerb } from "../act-on.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, invocation: Invocation): void {
  declareActVerb(command, invocation, {
    states: ["queued"],
    eligible: ({ status, spec }) => status.state === "queued" && spec.hold,
    operation: (targets) => ({ verb: "release", targets }),
  });
}
