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

const TR = `name: tr
matrix: { lr: [1, 2, 3] }
inputs: { lr: 1 }
retries: 0
run: |
  printf '{"acc": 0.%s}' \${{ inputs.lr }} > "$STINT_OUTPUTS"
  test \${{ inputs.lr }} -lt 2
`;

test("a member of a sweep that was changed before its retry is told of by what its attempts ran with", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "tr.yaml"), TR);
  await stint.ok("submit", "tr.yaml");
  await stint.run(["drain"]);
  expect(await stint.run(["retry", "2", "-i", "lr=0"])).toMatchObject({
    err: expect.stringContaining("use --set inputs.lr=0\n"),
  });
  expect(await stint.run(["retry", "2", "--set", "inputs=lr=0"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("write inputs.lr=0\n"),
  });
  await stint.ok("retry", "2", "--set", "inputs.lr=0");
  const valueOf2 = async (): Promise<string | undefined> =>
    (await stint.ok("results", "tr", "--csv")).split("\n").find((line) => line.startsWith("2,"));
  // Until it runs again, the row is that of its last attempt.
  expect(await valueOf2()).toContain(",2,0.2,");
  await stint.ok("retry", "3", "--set", "run=true");
  await stint.ok("drain");
  expect(await valueOf2()).toContain(",0,0,");
  const by = await stint.ok("results", "tr", "--by", "lr", "--csv");
  expect(by.split("\n").map((line) => line.split(",")[0])).toEqual(["lr", "0", "1", "3"]);
  const { out, err } = await stint.run(["results", "tr"]);
  expect(out).toMatch(/^3!/m);
  expect(err).toContain("the command or a variable of 3 was changed");
  expect(await stint.ok("diff", "2/1", "2")).toMatch(/task +inputs\.lr +2 +0\n/);
  expect(await stint.ok("diff", "3/1", "3")).toMatch(/task +run +another value, changed since +true\n/);
});

const SW = `name: sw
matrix: { x: [3, 4] }
retries: 0
run: exit \${{ matrix.x }}
`;

test("a verb that only reads takes the newest of ended sweeps with a name, and a changed command is filled for its member", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "sw.yaml"), SW);
  for (const _time of [1, 2]) {
    await stint.ok("submit", "sw.yaml");
    await stint.run(["drain"]);
  }
  const note = 'stint: 2 sweeps are called "sw": this is the newest; the other is --group 1\n';
  for (const verb of ["results", "logs", "show", "explain"]) {
    const { code, err } = await stint.run([verb, "sw"]);
    expect({ verb, code, err }).toEqual({ verb, code: 0, err: expect.stringContaining(note) });
  }
  expect(await stint.run(["retry", "sw"])).toMatchObject({ err: expect.stringContaining("[AMBIGUOUS]") });
  expect(await stint.run(["retry", "4", "--set", "run=echo ${{ matrix.y }}"])).toMatchObject({ code: 2 });
  await stint.ok("retry", "4", "--set", "run=echo it is ${{ matrix.x }}");
  await stint.ok("submit", "--name", "report", "--", "true");
  await stint.ok("drain");
  expect(await stint.ok("logs", "4")).toBe("it is 4");
  // The report has no outputs; a flag for the home is no selection.
  const { out, err } = await stint.run(["results", "--csv", "--home", stint.home]);
  expect(out.split("\n").map((line) => line.split(",")[0])).toEqual(["id", "3", "4", ""]);
  expect(err).toContain("000005-report, the last submission, has no outputs; these are of sw");
  const { err: hint } = await stint.run(["set", "3", "x=1"]);
  expect(hint).toContain("then inputs.x=1");
  expect(await stint.run(["set", "5", "labels.a=${{ matrix.x }}"])).toMatchObject({ code: 2 });
});
