import type { Collected } from "../../model/collected.ts";
import { workFolder } from "../../model/work-folder.ts";
import { environmentOfKind } from "../../run/environment.ts";
import { mayBePython, pythonEnvironmentOf } from "../../run/python/environment.ts";
import { readPackages } from "../../run/python/packages.ts";
import { readEnvironment } from "../../store/environments.ts";
import type { Collecting, Part } from "./part.ts";

/** The packages of the Python environment that the job ran in, as they are once it has ended. */
export const packagesPart: Part = {
  name: "packages",
  isNeeded: ({ task }) => task.spec.kind.type === "subprocess" && mayBePython(task.spec.kind.mode),
  collect: collectPackages,
};

function collectPackages({ task, directory, layout, environment: own }: Collecting): Collected {
  const { kind } = task.spec;
  const { environment: hash } = task.metadata;
  const captured = hash === undefined ? own : readEnvironment(layout, hash);
  if (captured === null) return { notes: [] };
  const { environment: env } = environmentOfKind(kind, { captured });
  const cwd = workFolder(task, directory);
  const python = pythonEnvironmentOf({ mode: kind.mode, cwd, env });
  return python === null ? { notes: [] } : { packages: readPackages(python, env), notes: [] };
}
