import { describe, expect, test } from "bun:test";
import { askedOf } from "../../../src/cli/results/asked.ts";
import { shownResults } from "../../../src/cli/results/shown.ts";
import type { ResultRow } from "../../../src/desk/results/row.ts";
import { aRow } from "../../desk/results/results.ts";

const metric = (value: number) => ({ value, source: "metric" as const });

const ROWS: readonly ResultRow[] = [0.1, 0.01].flatMap((lr, at) =>
  [1, 2, 3].map((seed) => {
    const number = 12 + at * 3 + seed;
    const acc = 0.91 + seed / 100 - lr / 10;
    return aRow(
      number,
      { acc, model: `/home/ada/runs/${number}/model.keras`, note: "a, b" },
      {
        values: { lr: String(lr), seed: String(seed) },
        inputs: {
          lr,
          epochs: 3,
          optimizer: "adamw",
          data: "cifar10",
          warmupSteps: seed * 1_000,
          schedule: `cosine-${seed}`,
        },
        ranMs: 60_000 * number,
        gpus: ["GPU-0"],
        ...(number === 14 && { state: "failed" as const, failure: "GPU_OOM", outputs: { acc: metric(0.5) } }),
        ...(number === 18 && { state: "queued" as const, outputs: {}, ranMs: null, gpus: [] }),
      },
    );
  }),
);

type Wish = Parameters<typeof askedOf>[1] & { readonly form?: "csv" | "json" | "plot" };

function shown(columns: number, { form, ...wish }: Wish, rows = ROWS): string {
  const asked = askedOf({ rows, outputs: ["acc", "model", "note"], goals: { acc: "max" }, notes: [] }, wish);
  if (!asked.ok) return `${asked.error.message}; ${asked.error.hint}`;
  const context = { columns: () => columns, hasColor: false };
  const { text, notes } = shownResults(asked.value, { form: form ?? "table", context });
  return `\n${text}${notes}`;
}

const PIPE = Number.POSITIVE_INFINITY;
const NONE = { sort: undefined, by: undefined, limit: undefined };

test("long values keep their ends, which tell them apart", () => {
  const rows = ["a", "b"].map((end, at) =>
    aRow(at + 1, { acc: 1 }, { values: { path: `/data/experiments/imagenet/runs-of-march/${end}.json` } }),
  );
  const text = shown(80, NONE, rows);
  for (const end of ["a", "b"]) expect(text).toContain(`/data/experiments/im…uns-of-march/${end}.json`);
});

describe("results", () => {
  test.each([60, 80, 120, PIPE])("as a table, the best first, at %d columns", (columns) => {
    const text = shown(columns, { ...NONE, sort: "acc" });
    expect(text.split("\n").filter((line) => line.length > columns)).toEqual([]);
    expect(text).toMatchSnapshot();
  });

  test.each([60, PIPE])("as means over the seeds, at %d columns", (columns) => {
    expect(shown(columns, { ...NONE, by: "lr", sort: "acc" })).toMatchSnapshot();
  });

  test.each<[number, Partial<Wish>]>([
    [60, { sort: "acc" }],
    [80, { by: "lr" }],
    [PIPE, { by: "optimizer", limit: 1 }],
  ])("as a plot at %d columns: %j", (columns, wish) => {
    const text = shown(columns, { ...NONE, ...wish, form: "plot" });
    expect(text.split("\n").filter((line) => line.length > Math.min(columns, 80))).toEqual([]);
    expect(text).toMatchSnapshot();
  });

  test("as CSV and as JSON have each value in full, whatever the width", () => {
    expect(shown(60, { ...NONE, limit: 2, form: "csv" })).toBe(
      [
        "",
        "id,name,state,failure,lr,seed,epochs,optimizer,data,warmupSteps,schedule,acc,model,note,seconds,gpus,filled",
        '13,grid-13,completed,,0.1,1,3,adamw,cifar10,1000,cosine-1,0.91,/home/ada/runs/13/model.keras,"a, b",780,GPU-0,',
        "14,grid-14,failed,GPU_OOM,0.1,2,3,adamw,cifar10,2000,cosine-2,0.5,,,840,GPU-0,acc=metric",
        "",
      ].join("\n"),
    );
    const [means] = JSON.parse(shown(60, { ...NONE, by: "lr,data", form: "json" })) as unknown[];
    expect(means).toMatchObject({ by: { lr: "0.01", data: "cifar10" }, rows: 3, completed: 2 });
  });

  test("are refused by what no task has, with what there is", () => {
    expect(shown(80, { ...NONE, sort: "accuracy" })).toBe(
      'Cannot sort the results by "accuracy": no task here has it; there are lr, seed, epochs, optimizer, data, warmupSteps, schedule, acc, model, note, id, name, state, time',
    );
    expect(shown(80, { ...NONE, by: "lr,acc" })).toStartWith(
      'Cannot group the results by "acc": it is an output',
    );
    expect(shown(80, { ...NONE, by: "lr", sort: "time" })).toStartWith('Cannot sort the groups by "time"');
  });

  test("without a number have nothing to plot, and one value is in the middle", () => {
    expect(shown(80, { ...NONE, form: "plot" }, ROWS.slice(5))).toContain("Nothing to plot");
    expect(shown(80, { ...NONE, form: "plot" }, ROWS.slice(0, 1))).toMatchSnapshot();
  });
});
