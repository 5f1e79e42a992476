/** The keys of what goes into a job and comes out; see `key-cases.ts`. */
export const JOB_DATA_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  inputs: [
    {
      text: "inputs: {lr: 0.1, data: {type: file, default: a.npz}, seeds: [1, 2]}",
      at: ["spec", "inputs"],
      value: { lr: 0.1, data: "/work/a.npz", seeds: [1, 2] },
    },
    {
      text: "inputs: {lr: {type: float, min: 0, max: 1, required: false}}",
      at: ["spec", "inputSpecs"],
      value: { lr: { type: "float", min: 0, max: 1 } },
    },
    { text: "inputs.lr: 0.1", at: ["spec", "inputs"], value: { lr: 0.1 } },
  ],
  outputs: [
    {
      text: "outputs: {acc: {type: float, goal: max}, model: {type: file, required: true}, n: int}",
      at: ["spec", "outputSpecs"],
      value: {
        acc: { type: "float", goal: "max" },
        model: { type: "file", required: true },
        n: { type: "int" },
      },
    },
  ],
  fail: [
    {
      text: 'fail: {acc: nan, loss: [inf, ">10"], x: .nan}',
      at: ["spec", "fail"],
      value: { acc: ["nan"], loss: ["inf", "> 10"], x: ["nan"] },
    },
  ],
};
