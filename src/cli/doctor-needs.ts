import { textOf } from "../lib/file-text.ts";
import { ENGINES, type EngineName } from "../model/kind.ts";
import type { Layout } from "../store/layout.ts";
import { eachTask } from "../store/reader.ts";

/** What a home runs its jobs with, apart from sh. */
export interface Needs {
  /** The interpreters of scripts of unfinished tasks. */
  readonly interpreters: ReadonlySet<string>;
  /** The engines that the home has used, and those that unfinished tasks name. */
  readonly engines: ReadonlySet<EngineName>;
  /** An unfinished task runs in a container of any engine. */
  readonly needsEngine: boolean;
}

export const NO_NEEDS: Needs = { interpreters: new Set(), engines: new Set(), needsEngine: false };

export function homeNeeds(layout: Layout): Needs {
  const used = (textOf(layout.engines) ?? "").split("\n");
  const engines = new Set(ENGINES.filter((name) => used.includes(name)));
  const interpreters = new Set<string>();
  let needsEngine = false;
  for (const { spec } of eachTask(layout, ["running", "pending"])) {
    const { kind } = spec;
    if (kind.type === "container") {
      if (kind.container.engine === undefined) needsEngine = true;
      else engines.add(kind.container.engine);
    } else if (kind.mode.type === "script" && typeof kind.mode.runtime === "string")
      interpreters.add(kind.mode.runtime);
  }
  return { interpreters, engines, needsEngine };
}
