import api from "../../../templates/help/api.md" with { type: "text" };
import artifacts from "../../../templates/help/artifacts.md" with { type: "text" };
import code from "../../../templates/help/code.md" with { type: "text" };
import comingFrom from "../../../templates/help/coming-from.md" with { type: "text" };
import config from "../../../templates/help/config.md" with { type: "text" };
import containers from "../../../templates/help/containers.md" with { type: "text" };
import control from "../../../templates/help/control.md" with { type: "text" };
import cron from "../../../templates/help/cron.md" with { type: "text" };
import datasets from "../../../templates/help/datasets.md" with { type: "text" };
import definitions from "../../../templates/help/definitions.md" with { type: "text" };
import dependencies from "../../../templates/help/dependencies.md" with { type: "text" };
import environment from "../../../templates/help/environment.md" with { type: "text" };
import errors from "../../../templates/help/errors.md" with { type: "text" };
import events from "../../../templates/help/events.md" with { type: "text" };
import exitCodes from "../../../templates/help/exit-codes.md" with { type: "text" };
import failures from "../../../templates/help/failures.md" with { type: "text" };
import files from "../../../templates/help/files.md" with { type: "text" };
import gpus from "../../../templates/help/gpus.md" with { type: "text" };
import guarantees from "../../../templates/help/guarantees.md" with { type: "text" };
import importing from "../../../templates/help/import.md" with { type: "text" };
import inputs from "../../../templates/help/inputs.md" with { type: "text" };
import lanes from "../../../templates/help/lanes.md" with { type: "text" };
import launchers from "../../../templates/help/launchers.md" with { type: "text" };
import limits from "../../../templates/help/limits.md" with { type: "text" };
import listing from "../../../templates/help/listing.md" with { type: "text" };
import logs from "../../../templates/help/logs.md" with { type: "text" };
import notify from "../../../templates/help/notify.md" with { type: "text" };
import order from "../../../templates/help/order.md" with { type: "text" };
import results from "../../../templates/help/results.md" with { type: "text" };
import retry from "../../../templates/help/retry.md" with { type: "text" };
import sbatch from "../../../templates/help/sbatch.md" with { type: "text" };
import schedules from "../../../templates/help/schedules.md" with { type: "text" };
import secrets from "../../../templates/help/secrets.md" with { type: "text" };
import selection from "../../../templates/help/selection.md" with { type: "text" };
import service from "../../../templates/help/service.md" with { type: "text" };
import services from "../../../templates/help/services.md" with { type: "text" };
import sweeps from "../../../templates/help/sweeps.md" with { type: "text" };
import taskFile from "../../../templates/help/task-file.md" with { type: "text" };
import tracking from "../../../templates/help/tracking.md" with { type: "text" };

/** The pages of the help, as Markdown, by the names of their topics. */
export const TOPICS: Readonly<Record<string, string>> = {
  api,
  artifacts,
  code,
  "coming-from": comingFrom,
  config,
  containers,
  control,
  cron,
  datasets,
  definitions,
  dependencies,
  environment,
  errors,
  events,
  "exit-codes": exitCodes,
  failures,
  files,
  gpus,
  guarantees,
  import: importing,
  inputs,
  lanes,
  limits,
  listing,
  logs,
  notify,
  order,
  results,
  retry,
  sbatch,
  launchers,
  schedules,
  secrets,
  selection,
  service,
  services,
  sweeps,
  "task-file": taskFile,
  tracking,
};

/** What a page is about, from its heading: `# NAME: what it is about`. */
export function titleOf(page: string): string {
  return /^# [a-z-]+: (.*)/.exec(page)?.[1] ?? "";
}
