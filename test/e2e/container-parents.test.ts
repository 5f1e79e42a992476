import { describe, expect, test } from "bun:test";
import { logOf, PodmanStint, preparePodman, submit, task } from "../rig/podman.ts";

const refusal = preparePodman();
const title = refusal === null ? "a container" : `a container (not tried: ${refusal})`;

describe.skipIf(refusal !== null)(title, () => {
  test("reads its inputs and the files of its parents, which it cannot change, by the paths that it is given", async () => {
    await using stint = new PodmanStint();
    await submit(
      stint,
      task(
        "gives",
        "outputs: {model: {type: file, required: true}}",
        "inputs: {lr: 0.1}",
        "script: |",
        "  #!/bin/sh",
        "  cat $STINT_INPUTS; echo weights > $STINT_RUN_DIR/m.pt",
        `  echo '{"model": "/stint/run/m.pt"}' > $STINT_OUTPUTS`,
      ),
      task(
        "takes",
        "after: gives",
        "script: |",
        "  #!/bin/sh",
        "  cat $STINT_PARENTS /stint/parents/000001-gives/m.pt",
        "  touch /stint/parents/000001-gives/new || echo refused",
      ),
      "name: outside\nafter: gives\nrun: cat $STINT_PARENTS",
    );
    await stint.ok("drain");
    const [gives, takes, outside] = [1, 2, 3].map((number) => logOf(stint, stint.record(number)));
    expect(JSON.parse(gives ?? "")).toEqual({ lr: 0.1 });
    const seen = "/stint/parents/000001-gives";
    expect(takes).toContain(`"model": "${seen}/m.pt"`);
    expect(takes).toContain(`"run": "${seen}"`);
    expect(takes).toContain("\nweights\n");
    expect(takes).toEndWith("Read-only file system\nrefused\n");
    expect(outside).toContain(`"model": "${stint.home}/runs/000001-gives/1/m.pt"`);
  });
});
