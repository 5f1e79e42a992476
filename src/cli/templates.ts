import batch from "../../templates/batch.yaml" with { type: "text" };
import codeServer from "../../templates/code-server.yaml" with { type: "text" };
import container from "../../templates/container.yaml" with { type: "text" };
import containerGpu from "../../templates/container-gpu.yaml" with { type: "text" };
import crontab from "../../templates/crontab.txt" with { type: "text" };
import gpuNight from "../../templates/gpu-night.yaml" with { type: "text" };
import healthcheck from "../../templates/healthcheck.yaml" with { type: "text" };
import hello from "../../templates/hello.yaml" with { type: "text" };
import jupyter from "../../templates/jupyter.yaml" with { type: "text" };
import mlflow from "../../templates/mlflow.yaml" with { type: "text" };
import nightly from "../../templates/nightly.yaml" with { type: "text" };
import optunaStudy from "../../templates/python/optuna_study.py" with { type: "text" };
import pythonModule from "../../templates/python/stint.py" with { type: "text" };
import hydraLauncher from "../../templates/python/stint_launcher.py" with { type: "text" };
import submititJobs from "../../templates/python/submitit_jobs.py" with { type: "text" };
import pythonTrain from "../../templates/python-train.yaml" with { type: "text" };
import retry from "../../templates/retry.yaml" with { type: "text" };
import sample from "../../templates/sample.yaml" with { type: "text" };
import script from "../../templates/script.yaml" with { type: "text" };
import sweep from "../../templates/sweep.yaml" with { type: "text" };
import sweepNight from "../../templates/sweep-night.yaml" with { type: "text" };
import tensorboard from "../../templates/tensorboard.yaml" with { type: "text" };
import vllm from "../../templates/vllm.yaml" with { type: "text" };

interface Template {
  /** The file that `init` writes. */
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
  "sweep-night": { file: "sweep-night.yaml", text: sweepNight },
  "gpu-night": { file: "gpu-night.yaml", text: gpuNight },
  container: { file: "container.yaml", text: container },
  "container-gpu": { file: "container-gpu.yaml", text: containerGpu },
  jupyter: { file: "jupyter.yaml", text: jupyter },
  tensorboard: { file: "tensorboard.yaml", text: tensorboard },
  mlflow: { file: "mlflow.yaml", text: mlflow },
  vllm: { file: "vllm.yaml", text: vllm },
  "code-server": { file: "code-server.yaml", text: codeServer },
  healthcheck: { file: "healthcheck.yaml", text: healthcheck },
  nightly: { file: "nightly.yaml", text: nightly },
  sample: { file: "sample.yaml", text: sample },
  python: { file: "stint.py", text: pythonModule },
  hydra: { file: "hydra_plugins/stint_launcher.py", text: hydraLauncher },
  optuna: { file: "optuna_study.py", text: optunaStudy },
  submitit: { file: "submitit_jobs.py", text: submititJobs },
  crontab: { file: "crontab.txt", text: crontab },
};
