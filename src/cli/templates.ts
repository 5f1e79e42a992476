import batch from "../../templates/batch.yaml" with { type: "text" };
import crontab from "../../templates/crontab.txt" with { type: "text" };
import gpuNight from "../../templates/gpu-night.yaml" with { type: "text" };
import hello from "../../templates/hello.yaml" with { type: "text" };
import nightly from "../../templates/nightly.yaml" with { type: "text" };
import pythonTrain from "../../templates/python-train.yaml" with { type: "text" };
import retry from "../../templates/retry.yaml" with { type: "text" };
import sample from "../../templates/sample.yaml" with { type: "text" };
import script from "../../templates/script.yaml" with { type: "text" };
import sweep from "../../templates/sweep.yaml" with { type: "text" };

interface Template {
  /** The name that the file gets. */
  readonly file: string;
  readonly text: string;
}

/** The starter files that the executable carries. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  hello: { file: "hello.yaml", text: hello },
  retry: { file: "retry.yaml", text: retry },
  script: { file: "script.yaml", text: script },
  "python-train": { file: "python-train.yaml", text: pythonTrain },
  batch: { file: "batch.yaml", text: batch },
  sweep: { file: "sweep.yaml", text: sweep },
  "gpu-night": { file: "gpu-night.yaml", text: gpuNight },
  nightly: { file: "nightly.yaml", text: nightly },
  sample: { file: "sample.yaml", text: sample },
  crontab: { file: "crontab.txt", text: crontab },
};
