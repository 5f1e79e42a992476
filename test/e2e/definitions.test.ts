import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const TRAIN = `name: train
inputs: { lr: { type: float, default: 0.1 } }
run: echo first \${{ inputs.lr }} >> $HOME/ran
`;

function ran(stint: Stint): string[] {
  return stint.textOf("ran").split("\n").slice(0, -1).toSorted();
}

test.concurrent("a task is made of a version of a definition, and a new version touches no queued task", async () => {
  await using stint = new Stint();
  const file = join(stint.root, "train.yaml");
  writeFileSync(file, TRAIN);
  const defined = await Promise.all(Array.from({ length: 4 }, () => stint.ok("define", "train.yaml")));
  expect(defined).toEqual(defined.map(() => "train@1"));
  await stint.ok("submit", "--def", "train", "-i", "lr=0.2");
  writeFileSync(file, TRAIN.replace("first", "second"));
  expect(await stint.ok("define", "train.yaml")).toBe("train@2");
  await stint.ok("submit", "--def", "train", "--priority", "7");
  await stint.ok("submit", "--def", "train@1", "--matrix", "lr=3,4");
  await stint.ok("drain");
  expect(ran(stint)).toEqual(["first 0.2", "first 3", "first 4", "second 0.1"]);
  expect([1, 2, 3].map((number) => stint.record(number).metadata["definition"])).toMatchObject([
    { name: "train", version: 1 },
    { name: "train", version: 2 },
    { name: "train", version: 1 },
  ]);
  expect(stint.record(2).spec["priority"]).toBe(7);
  expect(await stint.ok("definitions", "diff", "train@1")).toBe(
    "--- train@1\n+++ train@2\n name: train\n inputs: { lr: { type: float, default: 0.1 } }\n-run: echo first ${{ inputs.lr }} >> $HOME/ran\n+run: echo second ${{ inputs.lr }} >> $HOME/ran",
  );
  expect(await stint.run(["submit", "--def", "train@9"])).toMatchObject({
    code: 3,
    err: 'stint: Cannot queue the definition "train@9": there is no version 9 of it, wanted one of 1, 2 [NOT_FOUND]\n  list them: stint definitions ls\n',
  });
});

test.concurrent("task files, the inbox and schedules name definitions, with values for their inputs", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "train.yaml"), TRAIN);
  await stint.ok("define", "train.yaml");
  const inFile = await stint.run(["submit", "-"], {
    input: "definition: train@1\nname: mine\ninputs: { lr: 1 }\n",
  });
  expect(inFile).toMatchObject({ code: 0, out: "000001-mine\n" });
  await stint.up();
  writeFileSync(join(stint.home, "inbox", "old.yaml"), "op_definition: train\ninputs: { lr: 2 }\n");
  mkdirSync(join(stint.home, "schedules"), { recursive: true });
  const schedule = "every: 1s\ncatchUp: none\ntask: { definition: train, inputs: { lr: 3 }, key: once }\n";
  writeFileSync(join(stint.home, "schedules", "often.yaml"), schedule);
  await until("all have run", () => ran(stint).length === 3);
  expect(ran(stint)).toEqual(["first 1", "first 2", "first 3"]);
  const wrong = await stint.run(["submit", "-"], { input: "definition: train\ninputs: { rate: 2 }\n" });
  expect(wrong.code).toBe(6);
  expect(wrong.err).toContain('stdin:2:17: "inputs.rate" is unknown: the file has lr');
  const script = join(stint.root, "job.sh");
  writeFileSync(script, "#!/bin/sh\ntrue\n");
  expect((await stint.run(["define", "job.sh"])).err).toContain("it is a script, wanted a task file in YAML");
  expect((await stint.run(["define", "nix.yaml"])).code).toBe(3);
});
