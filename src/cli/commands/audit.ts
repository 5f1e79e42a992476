import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { EXIT } from "../../model/errors.ts";
import { verifyAudit } from "../../store/audit-chain.ts";
import { declareSubcommand, type VerbGroup } from "../command-line/declare.ts";
import { inHome } from "../in-home.ts";

const verify = declareSubcommand("verify that no line was changed, removed or added", {
  flags: { json: { help: "print JSON" } },
  run: inHome(({ context, flags }, layout) => {
    const progress = context.progress(
      (bytes, all) => `audit log: ${Math.floor((bytes / all) * 100)} % of ${formatBytes(all)} verified`,
    );
    const verified = verifyAudit(layout, progress);
    progress.clear();
    if (!verified.ok) return verified.error;
    const { lines, lastSeq } = verified.value;
    context.out(
      flags.json
        ? `${JSON.stringify({ ok: true, lines, lastSeq })}\n`
        : `${counted(lines, "line")}, hash chain intact\n`,
    );
    return EXIT.done;
  }),
});

export const verb: VerbGroup = { subcommands: { verify } };
