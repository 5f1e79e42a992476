import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint } from "../rig/stint.ts";

const night = `
name: prepare
inputs: {folds: 2}
run: |
  mkdir -p "$STINT_RUN_DIR/artifacts"
  echo rows > "$STINT_RUN_DIR/artifacts/data.csv"
  echo '{"data": "artifacts/data.csv", "rows": 3}' > "$STINT_OUTPUTS"
outputs: {data: {type: file, required: true}, rows: int}
---
name: train
after: prepare
matrix: {lr: [0.1, 0.01]}
inputs: {lr: {type: float, required: true}, out: {type: string, default: "m-\${{ matrix.lr }}.pt"}}
outputs: {acc: {type: float, goal: max}}
run: |
  cp "$STINT_INPUTS" "$STINT_PARENTS" "$HOME/\${{ inputs.lr }}/"
  printf '{"acc": %s, "loss": NaN}' \${{ inputs.lr }} > "$STINT_OUTPUTS"
---
name: report
after: train
run: cp "$STINT_PARENTS" "$HOME/report.json"; env | grep ^STINT_ | sort > "$HOME/variables"
`;

function jsonOf(stint: Stint, name: string): unknown {
  return JSON.parse(readFileSync(join(stint.root, name), "utf8"));
}

function lastOf({ status }: RecordView): Record<string, unknown> {
  return status.attempts.at(-1) as unknown as Record<string, unknown>;
}

const half = `
name: half
matrix: {n: 1-4}
slot: one
run: test -e go || test \${{ matrix.n }} -lt 3
`;

describe("a job", () => {
  test.concurrent("finds all members of the sweep that it was queued after, also those that had ended", async () => {
    await using stint = new Stint();
    const ends = (name: string): unknown =>
      (jsonOf(stint, name) as { state: string }[]).map(({ state }) => state).join(" ");
    const copy = (name: string): string[] => [
      "--name",
      name,
      "--",
      "sh",
      "-c",
      `cp $STINT_PARENTS ${name}.json`,
    ];
    writeFileSync(join(stint.root, "half.yaml"), half);
    writeFileSync(
      join(stint.root, "any.yaml"),
      "name: any\nafterAny: half\nrun: cp $STINT_PARENTS any.json\n",
    );
    await stint.ok("submit", "half.yaml", "--set", "retry.maxAttempts=1");
    await stint.run(["drain"]);
    await stint.ok("submit", "any.yaml");
    await stint.ok("submit", "--after", "half", ...copy("all"));
    await stint.ok("submit", "--after", "1-2", ...copy("range"));
    await stint.ok("submit", "--after", "@,1", ...copy("last"));
    await stint.run(["drain"]);
    expect(ends("any.json")).toBe("completed completed failed failed");
    expect(ends("range.json")).toBe("completed completed");
    expect(jsonOf(stint, "last.json")).toMatchObject([{ name: "range" }, { name: "half-1" }]);
    expect(await stint.ok("show", "all")).toContain(
      "after     000001-half-1, 000002-half-2, 000003-half-3, 000004-half-4\n",
    );
    writeFileSync(join(stint.root, "go"), "");
    await stint.ok("retry", "half");
    await stint.ok("drain");
    expect(ends("all.json")).toBe("completed completed completed completed");
    await stint.ok("run", "--after", "half", ...copy("done"));
    expect(ends("done.json")).toBe("completed completed completed completed");
  });

  test.concurrent("finds its inputs, and what its parents took and gave", async () => {
    await using stint = new Stint();
    await stint.run(["run", "--", "mkdir", "0.1", "0.01"]);
    writeFileSync(join(stint.root, "night.yaml"), night);
    await stint.ok("submit", "night.yaml");
    await stint.ok("drain");
    const runs = join(stint.home, "runs");
    const prepare = join(runs, "000002-prepare", "1");
    expect(jsonOf(stint, "0.01/inputs.json")).toEqual({ lr: 0.01, out: "m-0.01.pt" });
    expect(jsonOf(stint, "0.01/parents.json")).toEqual([
      {
        id: "000002-prepare",
        name: "prepare",
        state: "completed",
        values: {},
        inputs: { folds: 2 },
        outputs: { data: join(prepare, "artifacts/data.csv"), rows: 3 },
        artifacts: join(prepare, "artifacts"),
        run: prepare,
      },
    ]);
    expect(jsonOf(stint, "report.json")).toMatchObject([
      {
        name: "train-1",
        values: { lr: "0.1" },
        inputs: { lr: 0.1 },
        outputs: { acc: 0.1, loss: "nan" },
        artifacts: null,
      },
      {
        name: "train-2",
        values: { lr: "0.01" },
        outputs: { acc: 0.01 },
        run: join(runs, "000004-train-2", "1"),
      },
    ]);
    // Without inputs there is no file, and no variable.
    const variables = stint.textOf("variables");
    expect(variables).toContain(`STINT_OUTPUTS=${join(runs, "000005-report", "1", "outputs.json")}\n`);
    expect(variables).not.toContain("STINT_INPUTS");
  });

  test.concurrent("that copies another one runs with what the record tells of its inputs", async () => {
    await using stint = new Stint();
    writeFileSync(
      join(stint.root, "a.yaml"),
      "name: a\ninputs: {lr: {type: float, default: 0.1}}\nrun: echo ${{ inputs.lr }}",
    );
    await stint.ok("submit", "a.yaml");
    await stint.ok("submit", "--from", "1", "-i", "lr=0.5");
    await stint.ok("submit", "-i", "lr=7", "--hold", "a.yaml");
    await stint.ok("set", "3", "inputs.lr=8");
    await stint.ok("release", "3");
    await stint.ok("drain");
    const logs = await Promise.all([1, 2, 3].map((number) => stint.ok("logs", String(number))));
    expect(logs).toEqual(["0.1", "0.5", "8"]);
    expect([1, 2, 3].map((number) => stint.record(number).spec["inputs"])).toEqual([
      { lr: 0.1 },
      { lr: 0.5 },
      { lr: 8 },
    ]);
  });

  test.concurrent("whose input is no file waits for it, and says so", async () => {
    await using stint = new Stint();
    writeFileSync(
      join(stint.root, "a.yaml"),
      "run: cat ${{ inputs.data }}\ninputs: {data: {type: file, default: a.npz}}",
    );
    await stint.ok("submit", "a.yaml");
    await stint.run(["drain", "--until", "1s"]);
    const { failure } = stint.record(1).status.attempts[0] ?? {};
    expect(failure).toMatchObject({
      code: "DATA_UNREACHABLE",
      error: expect.stringContaining(
        `the input data is ${join(stint.root, "a.npz")}, which does not exist, wanted a file`,
      ),
    });
  });
});

describe("a job that exits with 0 has failed", () => {
  const OUTPUTS = "outputs: {acc: {type: float, required: true}}\n";
  const say = (json: string): string => `run: |\n  echo '${json}' > "$STINT_OUTPUTS"\n`;

  test.concurrent("where its outputs are not those that are asked for", async () => {
    await using stint = new Stint();
    const cases: readonly (readonly [string, string])[] = [
      [
        `${OUTPUTS}run: echo kept > "$STINT_RUN_DIR/model"`,
        'output "acc" is required, and the job wrote no outputs.json',
      ],
      [OUTPUTS + say('{"acc": "high"}'), 'output "acc" is "high", wanted a number'],
      [say('{"acc": 0.'), "its outputs.json is not JSON, wanted one JSON object"],
      ["run: head -c 2097152 /dev/zero > $STINT_OUTPUTS", "its outputs.json has 2 MiB, wanted at most 1 MiB"],
      ["run: mkfifo $STINT_OUTPUTS", "its outputs.json is not a regular file, wanted one"],
      [`fail: {acc: nan}\n${say('{"acc": NaN}')}`, 'output "acc" is "nan", and fail: has acc: nan'],
      [
        `outputs: {m: file}\n${say('{"m": "no"}')}`,
        'output "m" is "no", which does not exist, wanted a file',
      ],
    ];
    const file = cases
      .map(([text], index) => `name: case-${index}\nfailOnNonZero: false\n${text}`)
      .join("\n---\n");
    await stint.run(["submit", "-"], { input: file });
    await stint.run(["drain"]);
    const failures = cases.map((_, index) => stint.record(index + 1).status.attempts[0]?.failure);
    expect(failures.map((failure) => [failure?.code, failure?.error.split(";")[0]])).toEqual(
      cases.map(([, error]) => ["INVALID_OUTPUTS", error]),
    );
    expect(readFileSync(join(stint.home, "runs", "000001-case-0", "1", "model"), "utf8")).toBe("kept\n");
    expect(lastOf(stint.record(2))["outputs"]).toEqual({ acc: "high" });
  });

  test.concurrent("and not where it failed by itself: its outputs are kept beside the failure", async () => {
    await using stint = new Stint();
    await stint.run(["submit", "-"], {
      input: `${OUTPUTS}fail: {loss: nan}\n${say('{"loss": NaN}')}  exit 3`,
    });
    await stint.run(["drain"]);
    expect(lastOf(stint.record(1))).toMatchObject({
      failure: { code: "EXIT_NONZERO" },
      outputs: { loss: "nan" },
    });
  });
});

describe("the outputs of a job", () => {
  test.concurrent("are those of its events, over which the file wins", async () => {
    await using stint = new Stint();
    const tell = (line: string): string => `  echo '${line}' >> "$STINT_EVENTS"\n`;
    const run =
      tell('{"type": "OUTPUT", "payload": {"acc": 0.1, "epochs": 3}}') +
      tell('{"type": "METRIC", "name": "loss", "value": 11}') +
      `  echo '{"acc": 0.9}' > "$STINT_OUTPUTS"\n`;
    await stint.run(["submit", "-"], { input: `fail: {loss: "> 10"}\nrun: |\n${run}` });
    await stint.run(["drain"]);
    expect(lastOf(stint.record(1))).toMatchObject({
      outputs: { acc: 0.9, epochs: 3 },
      failure: {
        code: "INVALID_OUTPUTS",
        rule: "fail:loss",
        error: 'metric "loss" is 11, and fail: has loss: > 10',
      },
    });
  });

  test.concurrent("are read by the next supervisor where the first one died before the end, or while it collected", async () => {
    await using stint = new Stint();
    await stint.up();
    const wait = 'until test -e "$HOME/go"; do sleep 0.05; done';
    const say = `${wait}; echo '{"acc": 0.9, "model": "m.pt"}' > "$STINT_OUTPUTS"`;
    await stint.ok("submit", "--name", "plain", "--", "sh", "-c", say);
    // An artifact that takes a while to hash, and no room on the disk.
    const keep = `${say}; echo w > "$STINT_RUN_DIR/m.pt"; truncate -s 400M "$STINT_ARTIFACTS_DIR/big"`;
    const file = `name: keeps\noutputs: {model: file}\ncommand: [sh, -c, ${JSON.stringify(keep)}]`;
    await stint.run(["submit", "-"], { input: file });
    await Promise.all([stint.reach(1, "running"), stint.reach(2, "running")]);
    await stint.killSupervisors();
    writeFileSync(join(stint.root, "go"), "");
    await stint.up();
    await stint.reach(2, "collecting");
    await stint.killSupervisors();
    await stint.up();
    const [plain, keeps] = [await stint.reach(1, "completed"), await stint.reach(2, "completed")];
    expect(lastOf(plain)["outputs"]).toEqual({ acc: 0.9, model: "m.pt" });
    expect(lastOf(keeps)).toMatchObject({
      outputs: { acc: 0.9, model: join(stint.home, "runs", "000002-keeps", "1", "m.pt") },
      artifacts: { count: 1 },
    });
  });

  test.concurrent("hold no secret, and of large ones the record has the scalars, a dependent all", async () => {
    await using stint = new Stint();
    const shell = `{ printf '{"acc": 0.5, "token": "%s", "curve": [0' "$TOKEN"; seq -f ,%g 1 20000 | tr -d '\\n'; printf ']}'; } > "$STINT_OUTPUTS"`;
    writeFileSync(join(stint.root, "secrets"), "TOKEN=hush-hush\n", { mode: 0o600 });
    const file = `name: a\nenvFrom: {file: ./secrets}\nrun: |\n  ${shell}\n---\nname: b\nafter: a\nrun: cp $STINT_PARENTS $HOME/parents.json`;
    await stint.run(["submit", "-"], { input: file });
    await stint.ok("drain");
    expect(lastOf(stint.record(1))).toMatchObject({ outputs: { acc: 0.5, token: "***" }, outputsLeft: 1 });
    const [parent] = jsonOf(stint, "parents.json") as { outputs: { curve: number[]; token: string } }[];
    expect([parent?.outputs.curve.length, parent?.outputs.token]).toEqual([20_001, "***"]);
  });
});
