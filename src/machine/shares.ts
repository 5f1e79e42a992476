import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import { ownUserId } from "../lib/host.ts";
import { parseJson } from "../model/check.ts";
import { type DeviceShare, deviceShare } from "../model/device.ts";

/**
 * The folder in which all homes of a user publish their shares of devices; null where it cannot be made. It is in the user's runtime
 * directory (XDG Base Directory Specification), found also where the variable is missing, as under cron; it does not outlive the boot, and
 * neither do the shares.
 */
export function openShares(env: Readonly<Record<string, string>>): string | null {
  const uid = ownUserId();
  const runtime = [env["XDG_RUNTIME_DIR"], `/run/user/${uid}`].find(
    (path) => path !== undefined && path !== "" && isOwnDirectory(path, uid),
  );
  const base = runtime === undefined ? join(tmpdir(), `stint-${uid}`) : join(runtime, "stint");
  const folder = join(base, "devices");
  unlessRefused(() => mkdirSync(folder, { recursive: true, mode: 0o700 }), undefined);
  // Under /tmp another user may have made it first.
  return isOwnDirectory(base, uid) && isOwnDirectory(folder, uid) ? folder : null;
}

function isOwnDirectory(path: string, uid: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === uid;
}

/** Publishes a share, atomically. */
export function postShare(folder: string, share: DeviceShare): void {
  const staged = join(folder, `${share.token}.staged`);
  writeFileSync(staged, `${JSON.stringify(share)}\n`, { mode: 0o600 });
  renameSync(staged, pathOf(folder, share.token));
}

/** All published shares, in no order; invalid files are skipped. */
export function readShares(folder: string): DeviceShare[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .flatMap((name) => parseJson(deviceShare, textOf(join(folder, name)) ?? "") ?? []);
}

/** Removes a share; one that is gone already is no error. */
export function withdrawShare(folder: string, token: string): void {
  rmSync(pathOf(folder, token), { force: true });
}

const ENDING = ".json";

function pathOf(folder: string, token: string): string {
  return join(folder, `${token}${ENDING}`);
}
