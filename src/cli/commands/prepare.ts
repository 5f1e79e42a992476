import { EXIT } from "../../model/errors.ts";
import { prepareAttempt } from "../../run/prepare/prepare.ts";
import { declareVerb } from "../command-line/declare.ts";

export const verb = declareVerb({
  operands: [{ name: "FOLDER", count: "one", help: "the folder of the attempt", completes: "folders" }],
  flags: {},
  run: async ({ context, operands: [directory = ""] }) =>
    (await prepareAttempt(directory, { clock: context.clock, environment: context.env }))
      ? EXIT.done
      : EXIT.failed,
});
