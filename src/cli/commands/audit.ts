import type { Command } from "commander";
import { EXIT, problem } from "../../model/errors.ts";
import { verifyAudit } from "../../store/audit-chain.ts";
import { openHome } from "../../store/home.ts";
import { homePath } from "../home.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<what>", "verify: check that no line was changed, removed or added")
    .option("--json", "the result as JSON")
    .action((what: string, flags: Flags) => {
      if (what !== "verify")
        return end(problem("USAGE", `Cannot run "audit ${what}": wanted "audit verify"`));
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      const verified = verifyAudit(home.value);
      if (!verified.ok) return end(verified.error);
      const { lines, lastSeq } = verified.value;
      context.out(
        flags.json
          ? `${JSON.stringify({ ok: true, lines, lastSeq })}\n`
          : `${lines} lines, the chain is whole\n`,
      );
      end(EXIT.done);
    });
}
