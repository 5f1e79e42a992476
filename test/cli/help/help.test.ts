import { describe, expect, test } from "bun:test";
import { topicOf } from "../../../src/cli/help/topic-of.ts";
import { TOPICS } from "../../../src/cli/help/topics.ts";
import { FIELDS } from "../../../src/intake/fields.ts";
import { SWEEP_KEYS } from "../../../src/intake/keys/sweep.ts";
import { own } from "../../../src/lib/own.ts";
import { Stint } from "../../rig/stint.ts";

describe("stint help", () => {
  test("shows a topic, and a code in any case, without a home", async () => {
    await using stint = new Stint();
    expect(await stint.ok("help", "Task-File")).toStartWith("task-file: ");
    const page = await stint.ok("help", "GPU_OOM");
    expect(page).toStartWith("GPU_OOM: the GPU ran out of memory\n");
    for (const typed of ["gpu_oom", "gpu-oom"]) expect(await stint.ok("help", typed)).toBe(page);
    expect(await stint.ok("help", "not_found")).toContain("exits with 3");
    expect(stint.files(".")).toEqual([]);
  });

  test("explains a code that failures and errors have", async () => {
    await using stint = new Stint();
    const page = await stint.ok("help", "disk_full");
    expect(page.match(/^DISK_FULL: /gm)).toHaveLength(2);
  });

  test("leads from every key of the task file to a topic, and from a lane to its own", () => {
    const keys = [...Object.keys(FIELDS), ...Object.keys(SWEEP_KEYS)];
    expect(keys.filter((key) => own(TOPICS, topicOf(key) ?? "") === undefined)).toEqual([]);
    expect(["slot", "lane", "matrix", "retries", "gpuModel", "cwd", "nosuch"].map(topicOf)).toEqual([
      "lanes",
      "lanes",
      "sweeps",
      "retry",
      "gpus",
      "task-file",
      null,
    ]);
  });

  test.each([
    ["selction", "did you mean `stint help selection`?"],
    ["retr", "did you mean `stint help retry`?"],
    ["gpu_oon", "did you mean `stint help GPU_OOM`?"],
    ["oom", "did you mean `stint help GPU_OOM`, `stint help OOM_KILLED` or `stint help HOST_OOM`?"],
    ["lsit", "did you mean `stint help list`?"],
    ["xyzzy", "`stint help` lists verbs and topics"],
  ])("of %j says what it could be", async (word, hint) => {
    await using stint = new Stint();
    const { code, err } = await stint.run(["help", word]);
    expect(code).toBe(2);
    expect(err).toBe(
      `stint: Cannot show help on "${word}": no verb, topic or code has this name [USAGE]\n  ${hint}\n`,
    );
  });
});
