import { withShell } from "../daemon/config/shell.ts";
import { DEFAULT_SETTINGS, type Settings } from "../intake/default-settings.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Layout } from "../store/layout.ts";
import { readSettingsText } from "../store/settings.ts";
import type { Caller } from "./caller.ts";

/** Settings, and the text that they are from; null where there is no config.yaml. */
export interface SettingsRead {
  readonly settings: Settings;
  readonly text: string | null;
}

/** The settings of a home; those of a home without a config.yaml are the defaults. */
export async function readSettings(caller: Caller, layout: Layout): Promise<Result<Settings, Problem>> {
  const read = await readSettingsFile(caller, layout);
  return read.ok ? ok(read.value.settings) : read;
}

/** The same, with the text. */
export async function readSettingsFile(
  caller: Caller,
  layout: Layout,
): Promise<Result<SettingsRead, Problem>> {
  const text = readSettingsText(layout);
  if (!text.ok) return text;
  const settings = await settingsFrom(caller, layout, text.value);
  return settings.ok ? ok({ settings: settings.value, text: text.value }) : settings;
}

/** The settings of a text of config.yaml; null is the text of no file. */
export async function settingsFrom(
  caller: Caller,
  layout: Layout,
  text: string | null,
): Promise<Result<Settings, Problem>> {
  if (text === null) return ok(withShell(DEFAULT_SETTINGS, caller.env));
  // Most homes have no config.yaml, and to load the YAML reader is a good part of a command's start.
  const { settingsOfText } = await import("../intake/settings-text.ts");
  const settings = settingsOfText(text, { file: layout.settings, userHome: caller.userHome });
  return settings.ok ? ok(withShell(settings.value, caller.env)) : settings;
}
