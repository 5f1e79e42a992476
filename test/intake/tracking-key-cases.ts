const TRACKING = ["spec", "tracking"];

/** The keys of trackers. */
export const TRACKING_KEYS = {
  tracking: [
    { text: "tracking: off", at: TRACKING, value: {} },
    { text: "tracking: false", at: TRACKING, value: {} },
  ],
  "tracking.mlflow": [
    { text: "tracking: {mlflow: local}", at: [...TRACKING, "mlflow"], value: { mode: "local" } },
    {
      text: "tracking: {mlflow: {experiment: night}}",
      at: [...TRACKING, "mlflow"],
      value: { mode: "local", experiment: "night" },
    },
    {
      text: 'tracking: {mlflow: "https://mlflow.lan:5000/a"}',
      at: [...TRACKING, "mlflow"],
      value: { mode: "https://mlflow.lan:5000/a" },
    },
    { text: "tracking: {mlflow: false}", at: [...TRACKING, "mlflow"], value: { mode: "off" } },
  ],
  "tracking.wandb": [
    { text: "tracking: {wandb: Offline}", at: [...TRACKING, "wandb"], value: { mode: "offline" } },
    {
      text: "tracking: {wandb: {mode: online, project: vision, entity: lab}}",
      at: [...TRACKING, "wandb"],
      value: { mode: "online", project: "vision", entity: "lab" },
    },
  ],
  "tracking.tensorboard": [
    { text: "tracking: {tensorboard: true}", at: [...TRACKING, "tensorboard"], value: { mode: "local" } },
    {
      text: "tracking: {tensorboard: {mode: off}}",
      at: [...TRACKING, "tensorboard"],
      value: { mode: "off" },
    },
  ],
};
