import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateOf } from "./scenarios-tasks.ts";
import { demand, marking, type Scenario } from "./sweep.ts";

const [A, B, LATE] = ["a", "b", "late"].map((name) => marking(null, { name, more: "hold: true\n" }));

/** A file with several tasks, one with a fault, and one that an earlier supervisor had taken and not accepted. */
export const INBOX_SCENARIO: Scenario = {
  name: "inbox",
  prepare: async (stint) => {
    await stint.run(["drain"]);
    const inbox = join(stint.home, "inbox");
    mkdirSync(join(inbox, ".taking"));
    writeFileSync(join(inbox, ".taking", `${crypto.randomUUID()}-late.yaml`), `${LATE}`);
    writeFileSync(join(inbox, "good.yaml"), `${A}---\n${B}`);
    writeFileSync(join(inbox, "bad.yaml"), "runn: true\n");
  },
  command: ["up"],
  until: (stint) =>
    stint.records().length === 3 &&
    stint.files("inbox").every((name) => name.startsWith(".")) &&
    stint.files("inbox/.taking").length === 0,
  check: (stint) => {
    const states = ["a", "b", "late"].map((name) => stateOf(stint, name)).join(" ");
    demand(states === "queued queued queued" && stint.records().length === 3, `they are ${states}`);
    const shelved = [
      ...stint.files("inbox/.accepted").toSorted(),
      ...stint.files("inbox/.rejected").toSorted(),
    ].join(" ");
    demand(shelved === "good.yaml late.yaml bad.yaml bad.yaml.error.txt", `the shelves hold ${shelved}`);
    const waiting = stint.files("inbox").filter((name) => !name.startsWith("."));
    demand(waiting.length === 0, `the inbox holds ${waiting.join(" ")}`);
  },
};
