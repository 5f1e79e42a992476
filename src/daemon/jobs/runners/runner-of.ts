import type { Kind } from "../../../model/kind.ts";
import { containerRunner } from "./container.ts";
import type { Runner } from "./runner.ts";
import { subprocessRunner } from "./subprocess.ts";

const RUNNERS: Readonly<Record<Kind["type"], Runner>> = {
  subprocess: subprocessRunner,
  container: containerRunner,
};

export function runnerOf(kind: Kind): Runner {
  return RUNNERS[kind.type];
}
