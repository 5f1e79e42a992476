import { mlflowReader, noTracking, tensorboardReader, wandbReader } from "../tracking-readers.ts";
import type { Fields } from "./field.ts";

const TRACKING = ["spec", "tracking"];

/** The trackers that its program writes to. */
export const TRACKING_FIELDS: Fields = {
  tracking: {
    read: noTracking,
    to: TRACKING,
    about: "off, or the trackers of the program: mlflow, wandb, tensorboard",
    more: "see `stint help tracking`",
    without: "`defaults.tracking` of config.yaml, which is none",
    show: null,
  },
  "tracking.mlflow": {
    read: mlflowReader,
    to: [...TRACKING, "mlflow"],
    about: "where MLflow writes: local (in the home), or the address of a server",
    more: "or `{mode: local, experiment: NAME}`",
    without: "off",
  },
  "tracking.wandb": {
    read: wandbReader,
    to: [...TRACKING, "wandb"],
    about: "the mode of W&B: offline, online or disabled",
    more: "or `{mode: offline, project: NAME, entity: NAME}`",
    without: "off",
  },
  "tracking.tensorboard": {
    read: tensorboardReader,
    to: [...TRACKING, "tensorboard"],
    about: "true: the program finds a folder for TensorBoard",
    without: "off",
  },
};
