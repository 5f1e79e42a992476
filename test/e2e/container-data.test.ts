import { describe, expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestTree } from "../rig/git-tree.ts";
import { logOf, PodmanStint, preparePodman, submit, task } from "../rig/podman.ts";
import { until } from "../rig/stint.ts";

const refusal = preparePodman();
const title = refusal === null ? "a container" : `a container (not tried: ${refusal})`;

describe.skipIf(refusal !== null)(title, () => {
  test("gets its data verified and read-only, where its variable says", async () => {
    await using stint = new PodmanStint();
    for (const name of ["one", "two"]) writeFileSync(join(stint.root, name), `${name}\n`);
    const run =
      "run: cat $STINT_DATASET_D; echo $STINT_DATASET_D; echo x >$STINT_DATASET_D || echo kept; echo new >$STINT_DATASET_E";
    await submit(stint, task("a", `${run}\ndatasets: {d: one, e: {path: two, mode: rw}}`));
    await stint.run(["drain"]);
    const record = stint.record(1);
    expect(record.status.state).toBe("completed");
    expect(logOf(stint, record)).toMatch(/^one\n\/stint\/data\/d\n[^\n]*\nkept\n$/);
    expect(stint.textOf("one") + stint.textOf("two")).toBe("one\nnew\n");
    expect(record.status.attempts.at(-1)).toMatchObject({
      datasets: { d: { path: join(stint.root, "one"), bytes: 4 } },
    });
  });

  test("runs the snapshot of its code, in a volume of the tree too, and leaves the tree as it is", async () => {
    await using stint = new PodmanStint();
    const tree = new TestTree(join(stint.root, "tree"));
    tree.commit({ "sub/train.sh": "echo submitted", ".gitignore": "out\n" });
    tree.write({ "sub/out/old": "" });
    const run = "run: sh ./train.sh; ls out; echo changed > train.sh; touch out/new";
    const [image = ""] = /image: "[^"]*"/.exec(task("a")) ?? [];
    const of = (name: string, more: string): string =>
      `name: ${name}\ncontainer: {${image}, network: none${more}}\n${run}\ncode: snapshot\nhold: true`;
    const input = [
      of("plain", ""),
      of("volume", ', volumes: ["..:/work", "./out:/work/sub/out"], workdir: /work/sub, user: "1000"'),
    ].join("\n---\n");
    expect(await stint.run(["submit", "-"], { cwd: join(tree.root, "sub"), input })).toMatchObject({
      code: 0,
    });
    tree.write({ "sub/train.sh": "echo edited" });
    await stint.ok("release", "--all");
    await stint.run(["drain"]);
    const [plain, volume] = stint.records().map((record) => logOf(stint, record));
    expect([plain, volume]).toEqual([
      expect.stringMatching(/^submitted\n/),
      expect.stringMatching(/^submitted\nold\n/),
    ]);
    expect(stint.textOf("tree/sub/train.sh")).toBe("echo edited");
  });

  test("that is cancelled, or refused, while its data is verified was never made", async () => {
    await using stint = new PodmanStint();
    writeFileSync(join(stint.root, "data"), "");
    truncateSync(join(stint.root, "data"), 1e12);
    await submit(stint, task("a", "run: echo ran\ndatasets: {d: data}"));
    await submit(stint, task("b", `run: echo ran\ndatasets: {d: {path: ${join(stint.root, "none")}}}`));
    await stint.up();
    await until("it is verified", () => stint.records()[0]?.status.reason === "VerifyingData");
    await stint.ok("cancel", "1");
    expect((await stint.reach(1, "cancelled")).status.attempts.at(-1)).toMatchObject({
      state: "cancelled",
      durationMs: 0,
    });
    await until(
      "the other waits",
      () => stint.record(2).status.attempts.at(-1)?.failure?.code === "DATA_UNREACHABLE",
    );
    expect(stint.containers("--all")).toEqual([]);
    expect([1, 2].map((number) => logOf(stint, stint.record(number)))).toEqual(["", ""]);
  });
});
