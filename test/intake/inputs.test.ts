import { describe, expect, test } from "bun:test";
import { inputsIn, overrideFields, type TypedKey } from "../../src/intake/fields-typed.ts";
import { documentDrafts, readSubmission } from "../../src/intake/submission.ts";
import { readTaskYaml, taskYaml } from "../../src/intake/task-yaml.ts";
import { atTop, fromPlain } from "../../src/intake/value.ts";
import type { Json } from "../../src/model/job-data.ts";
import type { Draft } from "../../src/model/submission.ts";
import { fc } from "../rig/fast-check.ts";
import { valueOf } from "../rig/results.ts";
import { CONTEXT, draftIn, draftsIn, faultsIn, makeFolder } from "./rig.ts";

function bodyOf({ spec: { kind } }: Draft): string {
  return kind.mode.type === "script" ? kind.mode.body : "";
}

const flag = (name: string, text: string): TypedKey => ["inputs", { [name]: text }, "--input"];

describe("inputs", () => {
  test("are values and declarations, with paths from the folder of the job", () => {
    const { spec } = draftIn(
      "run: a\ncwd: /data\ninputs:\n  lr: {type: float, default: 1e-3}\n  n: 3\n  x: {type: file, default: a.npz}\n" +
        "  y: {type: dir}\n  m: {layers: [1, 2]}\n",
    );
    expect(spec.inputs).toEqual({ lr: 0.001, n: 3, x: "/data/a.npz", m: { layers: [1, 2] } });
    expect(Object.keys(spec.inputSpecs ?? {})).toEqual(["lr", "x", "y"]);
    expect(spec.templates).toBeUndefined();
  });

  test("fill any key, in a shell line as one word, and leave other placeholders alone", () => {
    const draft = draftIn(
      "name: t-${{ inputs.lr }}\nrun: fit ${{ inputs.lr }} ${{ inputs.who }} ${{ github.ref }} $${{ inputs.lr }}\n" +
        "env: {LR: '${{ inputs.lr }}'}\npriority: ${{ inputs.p }}\ninputs: {lr: 0.1, who: it's me, p: 7}",
    );
    expect(bodyOf(draft)).toBe("fit 0.1 'it'\\''s me' ${{ github.ref }} ${{ inputs.lr }}");
    expect([draft.name, draft.spec.kind.env, draft.spec.priority]).toEqual(["t-0.1", { LR: "0.1" }, 7]);
  });

  test("are not in a name that comes from the program", () => {
    const names = [
      "run: python train.py --lr ${{ inputs.lr }}",
      "command: [fit, '${{ inputs.lr }}']",
      "run: fit",
    ].map((run) => draftIn(`${run}\ninputs: {lr: 0.25}`).name);
    expect(names).toEqual(["train-lr", "fit", "fit"]);
  });

  test("take the values of a sweep by their names, and by placeholders", () => {
    const drafts = draftsIn(
      "run: fit ${{ inputs.lr }} ${{ inputs.data }}\nmatrix: {lr: [0.1, 1e-3], fold: [a]}\n" +
        "inputs: {lr: {type: float, required: true}, data: 'x-${{ matrix.fold }}.npz'}",
    );
    expect(drafts.map(({ spec }) => spec.inputs)).toEqual([
      { lr: 0.1, data: "x-a.npz" },
      { lr: 0.001, data: "x-a.npz" },
    ]);
    expect(drafts.map(bodyOf)).toEqual(["fit 0.1 x-a.npz", "fit 0.001 x-a.npz"]);
  });

  test("of flags win over the file and a sweep, and are checked", async () => {
    const text =
      "run: fit ${{ inputs.lr }}\ninputs: {lr: {type: float, max: 1}}\nmatrix: {lr: [0.1], seed: [1, 2]}";
    const inputs = await inputsIn([flag("lr", "0.5")]);
    expect(draftsIn(text, { inputs }).map(bodyOf)).toEqual(["fit 0.5", "fit 0.5"]);
    const wrong = readSubmission(text, {
      ...CONTEXT,
      inputs: await inputsIn([flag("lrr", "1"), flag("lr", "5")]),
    });
    expect(wrong.ok ? [] : wrong.error.map(({ message, hint }) => [message, hint])).toEqual([
      ["--input lr is 5, wanted a number of at most 1 (member 1: lr=0.1, seed=1)", undefined],
      ["--input lr is 5, wanted a number of at most 1 (member 2: lr=0.1, seed=2)", undefined],
      ["--input lrr is unknown: the file has lr", "did you mean lr?"],
    ]);
  });

  test.each([
    ["inputs: {lr: {type: float, required: true}}", '1:10 "inputs.lr" has no value, which is required'],
    ["inputs: {lr: {type: float, default: x}}", '1:37 "inputs.lr.default" is "x", wanted a number'],
    ["inputs: {n: {type: int, default: 1.5}}", '1:34 "inputs.n.default" is 1.5, wanted a whole number'],
    [
      "inputs: {n: {type: int, min: 2, default: 1}}",
      '1:42 "inputs.n.default" is 1, wanted a number of at least 2',
    ],
    ["inputs: {n: {type: bool, max: 2}}", '1:31 "inputs.n.max" has no effect on a value of type bool'],
    ["inputs: {n: {type: int, min: 3, max: 2}}", '1:38 "inputs.n.max" is 2, wanted at least min, which is 3'],
    [
      "inputs: {o: {choices: [sgd, adam], default: adm}}",
      '1:45 "inputs.o.default" is "adm", wanted sgd or adam',
    ],
    ["inputs: {l: {type: list, default: 3}}", '1:35 "inputs.l.default" is 3, wanted a list such as [1, 2]'],
    ["inputs: {x: .nan}", '1:13 "inputs.x" is .nan, wanted a number that JSON has'],
    [
      "inputs: {a=b: 1}",
      '1:10 "inputs.a=b" is not a valid name here, wanted one without =, braces and outer blanks',
    ],
    ["inputs: 5", '1:9 "inputs" is 5, wanted a mapping such as {lr: 0.1}'],
    [
      "inputs: {a: 1, b: '${{ inputs.a }}'}",
      "1:20 ${{ inputs.a }} is in the values of the inputs themselves",
    ],
    ["env: {A: '${{ inputs.a }}'}", "1:11 ${{ inputs.a }} is an input, but the task has none"],
    ["inputs: {lr: 1}\nenv: {A: '${{ inputs.rl }}'}", "2:11 ${{ inputs.rl }} is unknown"],
    [
      "inputs: {lr: {type: int}}\nenv: {A: '${{ inputs.lr }}'}",
      "2:11 there is no value for ${{ inputs.lr }}",
    ],
    [
      "outputs: {acc: flot}",
      '1:16 "outputs.acc" is "flot", wanted int, float, bool, string, file, dir, list or any',
    ],
    [
      "outputs: {acc: {default: 1}}",
      '1:17 "outputs.acc.default" is unknown, wanted type, required, min, max, choices, description or goal',
    ],
    ['fail: {acc: ">> 1"}', '1:13 "fail.acc" is ">> 1", wanted nan, inf, or a comparison such as > 10'],
    ["fail: {acc: 5}", '1:13 "fail.acc" is 5, wanted nan, inf, or a comparison such as > 10'],
  ])("%j is refused at its place", (text, fault) => {
    expect(faultsIn(`${text}\nrun: a`)).toContain(fault);
  });

  test("of a sweep's data file are refused at their row", () => {
    using folder = makeFolder();
    folder.write("runs.csv", "lr\n0.1\nfast\n");
    const read = readSubmission("run: a\neach: runs.csv\ninputs: {lr: {type: float}}", {
      ...CONTEXT,
      defaultCwd: folder.path,
    });
    expect(read.ok ? [] : read.error.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([
      'runs.csv:3 "inputs.lr" is "fast", wanted a number (member 2, runs.csv:3: lr=fast)',
    ]);
  });

  test("hold any JSON, and a record of it is read as the same", () => {
    const name = fc.string({ minLength: 1, maxLength: 8 }).filter((one) => /^[A-Za-z_]\w*$/.test(one));
    const json = fc.jsonValue({ maxDepth: 3 }).filter((one) => one !== null) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(fc.dictionary(name, json, { maxKeys: 4, noNullPrototype: true }), (values) => {
        const declared = Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, { type: "any", default: value }]),
        );
        const { spec } = draftIn(JSON.stringify({ run: "a", inputs: declared }));
        expect(JSON.stringify(spec.inputs ?? {})).toBe(JSON.stringify(values));
        expect(draftIn(JSON.stringify({ spec })).spec).toEqual(spec);
      }),
    );
  });
});

describe("inputs of a definition of gyoza", () => {
  test("are values beside their declarations, in the words of JSON Schema", () => {
    const { spec } = draftIn(
      "run: a\ninputs: {lr: 0.1, n: 3}\ninput_specs: {lr: {type: number, max: 1}, who: {type: str, default: x}}\n" +
        "output_specs: {acc: {type: number}}",
    );
    expect(spec).toMatchObject({
      inputs: { lr: 0.1, n: 3, who: "x" },
      inputSpecs: { lr: { type: "float", max: 1 }, who: { type: "string" } },
      outputSpecs: { acc: { type: "float" } },
    });
    expect(faultsIn("run: a\ninputs: {lr: 5}\ninput_specs: {lr: {type: number, max: 1}}")).toEqual([
      '2:14 "inputs.lr" is 5, wanted a number of at most 1',
    ]);
  });

  test("take a flag where the document has no places, as one that was read from JSON", async () => {
    const value = atTop(
      fromPlain({ run: "fit ${{ inputs.lr }}", inputs: { lr: { type: "float" } } }, "task"),
    );
    const inputs = await inputsIn([flag("lr", "0.5")]);
    const drafts = valueOf(documentDrafts(value, { context: { ...CONTEXT, inputs }, text: "" }));
    expect(drafts.map(bodyOf)).toEqual(["fit 0.5"]);
  });
});

describe("a change of an input", () => {
  const FILE =
    "run: fit ${{ inputs.lr }} --out $${{ x }}\nenv: {LR: '${{ inputs.lr }}', B: b}\ninputs: {lr: {type: float, default: 0.1}}";

  test("fills again what it had filled", async () => {
    const draft = valueOf(await overrideFields(draftIn(FILE), [flag("lr", "0.2")], CONTEXT));
    expect([draft.spec.inputs, bodyOf(draft), draft.spec.kind.env]).toEqual([
      { lr: 0.2 },
      "fit 0.2 --out ${{ x }}",
      { LR: "0.2", B: "b" },
    ]);
  });

  test("leaves alone what was set by hand since", async () => {
    const set = valueOf(await overrideFields(draftIn(FILE), [["env.LR", "9", "--set.env.LR"]], CONTEXT));
    const both = valueOf(
      await overrideFields(set, [flag("lr", "0.2"), ["run", "other", "--set.run"]], CONTEXT),
    );
    expect([bodyOf(both), both.spec.kind.env, both.spec.templates]).toEqual([
      "other",
      { LR: "9", B: "b" },
      undefined,
    ]);
  });

  test("is refused where the value does not fit, or the task has no such input", async () => {
    const changed = await overrideFields(draftIn(FILE), [flag("lr", "x"), flag("l", "1")], CONTEXT);
    expect(changed.ok ? [] : changed.error.map(({ message }) => message)).toEqual([
      "--input l is unknown: the task has lr",
      '--input lr is "x", wanted a number',
    ]);
  });

  test("is made in the text of stint edit, which has the placeholders", () => {
    const { spec, name, labels } = draftIn(FILE);
    const task = { spec, metadata: { name, labels } };
    const text = taskYaml(task, CONTEXT);
    expect(text).toContain("${{ inputs.lr }}");
    expect(valueOf(readTaskYaml(text, task, CONTEXT)).spec).toEqual(spec);
    const edited = valueOf(readTaskYaml(text.replace("default: 0.1", "default: 0.3"), task, CONTEXT));
    expect(edited.spec.kind.env["LR"]).toBe("0.3");
  });
});
