import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

const TRAIN = `name: train
inputs: { lr: { type: float, default: 0.1 } }
outputs: { acc: { type: float, goal: max } }
run: |
  stint_events() { printf '{"type": "METRIC", "name": "acc", "value": %s}\\n' "$1" >> "$STINT_EVENTS"; }
  case \${{ inputs.lr }} in 3) stint_events 0.7 ;; *) printf '{"acc": 0.%s}' \${{ inputs.lr }} > "$STINT_OUTPUTS" ;; esac
`;

test("results compares the sweep that was submitted last, or what a definition made, with what metrics fill", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "train.yaml"), TRAIN);
  await stint.ok("define", "train.yaml");
  await stint.ok("submit", "--name", "other", "--", "true");
  await stint.ok("submit", "--def", "train", "-i", "lr=9");
  await stint.ok("submit", "train.yaml", "--matrix", "lr=1,2,3");
  await stint.ok("drain");
  const columns = async (...args: string[]): Promise<string[]> => {
    const lines = (await stint.ok("results", ...args, "--csv")).split("\n");
    return lines.map((line) => line.replace(/,[\d.]+,,/, ",SECONDS,,"));
  };
  expect(await columns("--sort", "acc")).toEqual([
    "id,name,state,failure,lr,acc,seconds,gpus,filled",
    "5,train-3,completed,,3,0.7,SECONDS,,acc=metric",
    "4,train-2,completed,,2,0.2,SECONDS,,",
    "3,train-1,completed,,1,0.1,SECONDS,,",
  ]);
  expect(await columns("--def", "train@1")).toEqual([
    "id,name,state,failure,lr,acc,seconds,gpus,filled",
    "2,train,completed,,9,0.9,SECONDS,,",
  ]);
  expect(await stint.run(["results", "train", "--def", "train@2"])).toMatchObject({ code: 0, out: "" });
  expect(await stint.run(["results", "2-5", "--sort", "accuracy"])).toMatchObject({ code: 2, out: "" });
});
