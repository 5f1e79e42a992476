import { codeDiff } from "../../desk/code-diff.ts";
import { comparedNamed } from "../../desk/compared.ts";
import { differencesOf } from "../../desk/differences.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { fieldContext } from "../drafts.ts";
import { inHome } from "../in-home.ts";
import { newestTold } from "../targets.ts";
import { renderDifferences } from "../text/differences.ts";
import { jsonText } from "../text/json.ts";
import { styleFor } from "../text/style.ts";

const FLAGS = {
  code: { help: "print the whole difference of the code, not only the files" },
  json: { help: "print JSON" },
} as const;

const SIDE = { help: "a number, an id or a name; 7/2 is attempt 2 of task 7", completes: "tasks" } as const;

export const verb = declareVerb({
  operands: [
    { name: "A", count: "one", ...SIDE },
    { name: "B", count: "one", ...SIDE },
  ],
  flags: FLAGS,
  notes:
    "Of variables of the environment it prints the names alone. The exit code is 0 whether they differ or not.",
  run: inHome(async ({ context, flags, operands: [left = "", right = ""] }, layout) => {
    const a = comparedNamed(layout, left, newestTold(context));
    if (!a.ok) return a.error;
    const b = comparedNamed(layout, right, newestTold(context));
    if (!b.ok) return b.error;
    const sides = [a.value, b.value] as const;
    const differences = differencesOf(...sides, fieldContext(context));
    const [codeA, codeB] = [a.value.task.metadata.code, b.value.task.metadata.code];
    const columns = context.columns();
    const code = await codeDiff(codeA, codeB, { env: context.env, isWhole: flags.code === true, columns });
    if (flags.json) {
      const [idA, idB] = sides.map(({ task, attempt }) => ({
        id: task.metadata.id,
        attempt: attempt?.number ?? null,
      }));
      context.out(jsonText({ a: idA, b: idB, differences, code }));
      return EXIT.done;
    }
    const style = styleFor(context.hasColor);
    context.out(
      renderDifferences(sides, { differences, code, isSummary: flags.code !== true, style, columns }),
    );
    return EXIT.done;
  }),
});
