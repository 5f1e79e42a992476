import { failRules, inputs, outputs } from "../inputs/readers.ts";
import type { Fields } from "./field.ts";

const isOpen = true;

/** What goes into the job, what comes out of it, and which of it is a failure. */
export const JOB_DATA_FIELDS: Fields = {
  inputs: {
    read: inputs,
    to: ["spec", "inputs"],
    about: "inputs of the job, such as lr=0.1",
    more: "`{lr: 0.1}`, or `{lr: {type: float, default: 0.1}}`; see `stint help inputs`",
    without: "none",
    flag: { group: "Task", name: "input", placeholder: "NAME=VALUE", repeats: true, short: "i" },
    isOpen,
    show: null,
  },
  outputs: {
    read: outputs,
    to: ["spec", "outputSpecs"],
    about: "what the job writes into $STINT_OUTPUTS",
    more: "`{acc: float, model: {type: file, required: true}}`; see `stint help inputs`",
    without: "any outputs, and none is required",
    isOpen,
    show: null,
  },
  fail: {
    read: failRules,
    to: ["spec", "fail"],
    about: "outputs or metrics with which the job has failed",
    more: '`{acc: nan, loss: "> 10"}`',
    without: "none",
    isOpen,
    show: null,
  },
};
