import { describe, expect, test } from "bun:test";
import { progressIn } from "../../src/run/progress-bars.ts";
import { fc } from "../rig/fast-check.ts";

const ESC = "\u001b";
const HALF = `${ESC}[32m━━━━━━━━━━${ESC}[0m${ESC}[37m━━━━━━━━━━${ESC}[0m`;

const TQDM = "\repoch 3:  42%|████▏     | 42/100 [00:35<00:07,  2.35it/s, loss=0.2]";

describe("what programs write to a file, and what it says", () => {
  test.each<[string, string, readonly [number | null, string, number | null] | null]>([
    ["tqdm", `loading\n${TQDM.replaceAll("42", "41")}${TQDM}`, [42, "epoch 3", 7_000]],
    ["tqdm, without a name", "\r  7%|▋  | 70.0M/1.00G [00:35<1:02:03, 19.7MB/s]", [7, "", 3_723_000]],
    ["tqdm, at its start", "\r  0%|          | 0/10 [00:00<?, ?it/s]", [0, "", null]],
    ["tqdm, with a last state that is written in part", `${TQDM}\repoch 3:  43%|███`, [42, "epoch 3", 7_000]],
    [
      "Lightning",
      "\rEpoch 3/9:  84%|████████▍ | 84/100 [00:35<00:07,  2.35it/s, v_num=0]",
      [84, "epoch 3/9", 7_000],
    ],
    [
      "Lightning with Rich",
      "Epoch 3/9  ━━━━━━━━━━╸━━━━━ 84/100 0:00:35 • 0:00:07 2.35it/s",
      [84, "epoch 3/9", 7_000],
    ],
    ["Rich", "\rcopying ━━━━━━━━━━╸━━━━━  84% 0:01:07", [84, "copying", 67_000]],
    [
      "Keras 3",
      `Epoch 3/10\n\r${ESC}[1m 84/200${ESC}[0m ${HALF} ${ESC}[1m2:43${ESC}[0m 827ms/step - loss: 17.5764`,
      [42, "epoch 3/10", 163_000],
    ],
    [
      "Keras 2",
      "Epoch 1/3\n 20/200 [==>.......] - ETA: 7s - loss: 0.3\b\b\b\b\r 84/200 [====>.....] - ETA: 5s - loss: 0.2",
      [42, "epoch 1/3", 5_000],
    ],
    ["the example of PyTorch", "Train Epoch: 3 [51200/60000 (85%)]\tLoss: 0.1", [85, "epoch 3", null]],
    ["the other example of PyTorch", "Epoch: [3][ 84/100]\tTime 7.2 ( 7.2)", [84, "epoch 3", null]],
    ["counters in brackets", "Epoch [3/10], Step [84/100], Loss: 0.2", [84, "epoch 3/10, step 84/100", null]],
    ["an epoch", "INFO epoch 3/10 loss=0.2", [null, "epoch 3/10", null]],
    ["steps", "x\nstep 100/1000 loss 2.3", [10, "step 100/1000", null]],
    ["a build in three steps", "[1/3] downloading", [null, "1/3", null]],
    ["ninja", "[12/345] CXX foo.o", [3, "12/345", null]],
    ["an epoch in parts", "{'loss': 0.5, 'epoch': 0.84}", null],
    ["a date and a fraction", "2026/11/30 12:00 2/3 of the data, ratio [3/2], step 5/4", null],
    ["a bar that was removed", `${TQDM}\r          \r`, null],
    ["a full bar with more lines after it", "\r100%|██████| 10/10 [00:35<00:00]\nwriting the report\n", null],
    ["a bar long ago", `${TQDM}\n${"a line\n".repeat(21)}`, null],
    ["nothing", "", null],
  ])("%s", (_, output, expected) => {
    const found = progressIn(output);
    expect(found === null ? null : [found.percent, found.message, found.leftMs]).toEqual(expected as never);
  });

  test("of nested bars, the outer one counts, with the inner one in its words", () => {
    const outer = "\repochs:  33%|███▎      | 1/3 [00:35<01:10, 35.00s/it]";
    const inner = (percent: number): string =>
      `\n\rsteps:  ${percent}%|███       | ${percent}/100 [00:09<00:21]${ESC}[A`;
    const drawn = { percent: 33, message: "epochs, steps 30%", leftMs: 70_000 };
    expect(progressIn(`${outer}${inner(20)}${inner(30)}`)).toEqual(drawn);
    expect(progressIn(`${inner(20)}${inner(30)}`)).toEqual({ percent: 30, message: "steps", leftMs: 21_000 });
  });
});

test("progressIn() returns a share of a whole, or nothing, for any output", () => {
  const part = fc.constantFrom(
    "\r",
    "\n",
    `${ESC}[A`,
    `${ESC}[9A`,
    "42%|██| 4/9 [00:01<00:02",
    "[3/0]",
    "9/1 ━━━ 7s ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ unit: "binary" }))), (parts) => {
      const percent = progressIn(parts.join(""))?.percent ?? 0;
      expect(percent >= 0 && percent <= 100).toBe(true);
    }),
  );
});
