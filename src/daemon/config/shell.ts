import type { Settings } from "../../intake/default-settings.ts";
import { shellOf } from "../../run/script.ts";

/** The settings with the shell of this machine, where they name none for its tasks. */
export function withShell(settings: Settings, environment: Readonly<Record<string, string>>): Settings {
  return { ...settings, defaults: { runtime: shellOf(environment), ...settings.defaults } };
}
