import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IMAGE, lastOf, logOf, PodmanStint, podman, preparePodman, submit, task } from "../rig/podman.ts";
import { until } from "../rig/stint.ts";

const refusal = preparePodman();
const title = refusal === null ? "a container" : `a container (not tried: ${refusal})`;

describe.skipIf(refusal !== null)(title, () => {
  test.concurrent("that floods its log is cut to its cap, leaves nothing else, and can be ended at once", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    const logs = "logs: {maxBytes: 1MB}";
    await submit(
      stint,
      task("much", logs, "run: seq 1 1500000; echo the last words"),
      task("endless", logs, "run: 'echo up; while :; do seq 1 100000; done'"),
    );
    await stint.up();
    const endless = await stint.reach(2, "running");
    await until("it floods", () => logOf(stint, endless).includes("bytes were cut here"));
    const keeper = [
      "inspect",
      "--format",
      "{{.HostConfig.LogConfig.Type}}",
      `stint-${lastOf(endless).token}`,
    ];
    expect(podman(...keeper).out).toBe("passthrough");
    await stint.ok("cancel", "2");
    await stint.reach(2, "cancelled");
    const log = logOf(stint, await stint.reach(1, "completed"));
    expect(log.length).toBeLessThanOrEqual(1_000_000);
    expect(log).toStartWith("1\n2\n3\n");
    expect(log).toEndWith("1500000\nthe last words\n");
  });

  test.concurrent.each([
    ["localhost/no-such-image:1", "podman build -t"],
    ["docker.io/library/Python:3", "in lower case"],
  ])("of an image that does not exist (%s) fails at once, with advice", async (image, advice) => {
    await using stint = new PodmanStint();
    await stint.ok("submit", "--image", image, "--", "true");
    await stint.run(["drain"]);
    expect(stint.record(1).status.attempts).toHaveLength(1);
    expect(lastOf(stint.record(1))).toMatchObject({
      failure: { code: "INVALID_SPEC", error: expect.stringContaining(advice) },
    });
    expect(logOf(stint, stint.record(1))).toBe("");
  });

  test.concurrent("of a home with a colon in its path finds its folders", async () => {
    await using stint = new PodmanStint();
    const home = join(stint.root, "a:b");
    const cwd = join(stint.root, "c:d");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "in.txt"), "of the user");
    writeFileSync(
      join(cwd, "task.yaml"),
      [
        "name: colons",
        `container: {image: "${IMAGE}", network: none, volumes: ["./in.txt:/in.txt:ro"]}`,
        "run: cat /in.txt | tee $STINT_RUN_DIR/out",
      ].join("\n"),
    );
    const { code, err } = await stint.run(["run", "task.yaml"], { cwd, env: { STINT_HOME: home } });
    expect([code, err]).toEqual([0, expect.stringContaining("completed")]);
    expect(readFileSync(join(home, "runs/000001-colons/1/out"), "utf8")).toBe("of the user");
  });
});
