import { platform } from "node:os";
import type { Context } from "./context.ts";

/** What opens a file as the desktop does: of freedesktop.org, of WSL, of macOS. */
const OPENERS = platform() === "darwin" ? ["open"] : ["xdg-open", "wslview"];

/** True where a person sits at a screen with windows. */
export function hasDesktop({ env, isTerminal }: Context): boolean {
  if (!isTerminal) return false;
  if (platform() === "darwin") return env["SSH_CONNECTION"] === undefined;
  return (env["DISPLAY"] ?? env["WAYLAND_DISPLAY"] ?? "") !== "";
}

/** Has the desktop open a file or folder, and does not wait for it; false where no program for that is installed. */
export function openOnDesktop({ env }: Context, path: string): boolean {
  const found = OPENERS.map((name) => Bun.which(name, { PATH: env["PATH"] ?? "" }));
  const opener = found.find((one) => one !== null) ?? null;
  if (opener === null) return false;
  Bun.spawn([opener, path], { stdio: ["ignore", "ignore", "ignore"], env: { ...env } }).unref();
  return true;
}
