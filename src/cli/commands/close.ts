import { beginClosing } from "../../desk/open-groups.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { inHome } from "../in-home.ts";
import { performAndTell } from "../targets.ts";

const FLAGS = { json: { help: "print JSON" } } as const;

export const verb = declareVerb({
  operands: [
    {
      name: "GROUP",
      count: "one",
      help: "the name of a group that `stint submit --to GROUP` opened",
      completes: "openGroups",
    },
  ],
  flags: FLAGS,
  notes:
    "No task can join the group from then on; those that are queued or run go on. `stint wait GROUP` and the notice `batchEnd` come once all of them have ended. See `stint help sweeps`.",
  run: inHome(
    async ({ context, flags, operands: [name = ""] }: Call<typeof FLAGS>, layout): Promise<Ended> => {
      const closing = await beginClosing(context, layout, name);
      if (!closing.ok) return closing.error;
      const operation = { verb: "closeGroup", name, group: closing.value.id } as const;
      return performAndTell(context, layout, { operation, json: flags.json === true });
    },
  ),
});
