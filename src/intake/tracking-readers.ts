import { err, ok, type Result } from "../lib/result.ts";
import {
  MAX_TRACKER_NAME,
  MLFLOW_MODES,
  type MlflowAsked,
  SERVER,
  TENSORBOARD_MODES,
  type TensorboardAsked,
  type TrackingAsked,
  WANDB_MODES,
  type WandbAsked,
} from "../model/tracking.ts";
import { type Fault, misfit, refuse } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { after, oneOf, type ReadContext, type Reader, reader, text } from "./readers.ts";
import { type Schema, TEXT, textLike } from "./schema.ts";
import type { Value } from "./value.ts";

/** What others call a server that is started with a job, which stint does not do. */
const SIDECAR = "sidecar";

/** A mode by its word, or `true` and `false`. */
function modeOf<T extends string>(words: readonly T[], { on, off }: { readonly on: T; readonly off: T }) {
  const word = oneOf(words);
  return reader(
    (): Schema => ({ anyOf: [...((word.schema["anyOf"] as Schema[]) ?? []), { type: "boolean" }] }),
    (value: Value, context: ReadContext): Result<T, Fault[]> => {
      if (value.type === "scalar" && typeof value.data === "boolean") return ok(value.data ? on : off);
      return word(value, context);
    },
    String,
  );
}

const name = reader(
  { ...TEXT, maxLength: MAX_TRACKER_NAME },
  after(text, (typed, value) =>
    typed.length > MAX_TRACKER_NAME
      ? refuse(value, `has ${typed.length} characters, wanted at most ${MAX_TRACKER_NAME}`)
      : ok(typed),
  ),
);

const mlflowWord = modeOf(MLFLOW_MODES, { on: "local", off: "off" });
const mlflowMode: Reader<string> = reader(
  (): Schema => ({ anyOf: [...(mlflowWord.schema["anyOf"] as Schema[]), textLike(SERVER.source)] }),
  (value: Value, context: ReadContext): Result<string, Fault[]> => {
    if (value.type !== "scalar" || typeof value.data !== "string") return mlflowWord(value, context);
    if (SERVER.test(value.text)) return ok(value.text);
    if (/^https?:\/\/[^/]*@/.test(value.text))
      return refuse(
        value,
        "has a user or password, wanted an address without them",
        "give MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD by envFrom",
      );
    if (value.text.toLowerCase() === SIDECAR)
      return misfit(
        value,
        "local, off, or the address of a server",
        "start a server with `stint init mlflow` and `stint submit mlflow.yaml`, and name its address: http://127.0.0.1:5000",
      );
    if (value.text.includes("://"))
      return misfit(value, "the address of a server, such as http://127.0.0.1:5000, or local");
    return mlflowWord(value, context);
  },
  String,
);

/** A mode alone, or a mapping with it and more; `mode` has a default there. */
function modeOr<T extends { readonly mode: string }>(
  mode: Reader<string>,
  { keys, byDefault }: { readonly keys: Reader<Partial<T>>; readonly byDefault: string },
): Reader<T> {
  return reader(
    (): Schema => ({ anyOf: [...(mode.schema["anyOf"] as Schema[]), keys.schema] }),
    (value: Value, context: ReadContext): Result<T, Fault[]> => {
      if (value.type !== "mapping") {
        const read = mode(value, context);
        return read.ok ? ok({ mode: read.value } as T) : read;
      }
      const read = keys(value, context);
      return read.ok ? ok({ mode: byDefault, ...read.value } as T) : err(read.error);
    },
    (of: T) =>
      Object.entries(of)
        .map(([key, said]) => (key === "mode" ? said : `${key} ${said}`))
        .join(", "),
  );
}

export const mlflowReader = modeOr<MlflowAsked>(mlflowMode, {
  keys: mapping({
    mode: { read: mlflowMode, about: "local, off, or the address of a server" },
    experiment: { read: name, about: "the experiment; default: the name of the sweep or task" },
  }),
  byDefault: "local",
});

const wandbMode = modeOf(WANDB_MODES, { on: "offline", off: "off" });
export const wandbReader = modeOr<WandbAsked>(wandbMode, {
  keys: mapping({
    mode: { read: wandbMode, about: "offline, online, disabled or off" },
    project: { read: name, about: "the project" },
    entity: { read: name, about: "the user or team" },
  }),
  byDefault: "offline",
});

const tensorboardWord = modeOf(TENSORBOARD_MODES, { on: "local", off: "off" });
const tensorboardMode: Reader<TensorboardAsked["mode"]> = reader(
  tensorboardWord.schema,
  (value: Value, context: ReadContext): Result<TensorboardAsked["mode"], Fault[]> =>
    value.type === "scalar" && value.text.toLowerCase() === SIDECAR
      ? misfit(
          value,
          "local or off",
          "write local, and start TensorBoard with `stint init tensorboard` and `stint submit tensorboard.yaml`",
        )
      : tensorboardWord(value, context),
  String,
);
export const tensorboardReader = modeOr<TensorboardAsked>(tensorboardMode, {
  keys: mapping({ mode: { read: tensorboardMode, about: "local or off" } }),
  byDefault: "local",
});

const none = oneOf(["off"]);
const WANTED = "a mapping such as {mlflow: local, wandb: offline, tensorboard: true}, or off";

/** `off` or `false`: no tracker, whatever the defaults of the home are. */
export const noTracking: Reader<TrackingAsked> = reader(
  (): Schema => ({ anyOf: [...(none.schema["anyOf"] as Schema[]), { const: false }] }),
  (value: Value, context: ReadContext): Result<TrackingAsked, Fault[]> => {
    const isFalse = value.type === "scalar" && value.data === false;
    return isFalse || none(value, context).ok ? ok({}) : misfit(value, WANTED);
  },
  () => "off",
);

/** `defaults.tracking` of config.yaml. */
export const trackingDefaults = mapping({
  mlflow: mlflowReader,
  wandb: wandbReader,
  tensorboard: tensorboardReader,
});
