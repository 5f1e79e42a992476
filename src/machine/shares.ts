import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { ownUserId } from "../lib/host.ts";
import { parseJson } from "../model/check.ts";
import { type DeviceShare, deviceShare } from "../model/device.ts";

/**
 * The folder in which all homes of a user note their shares of devices; null where none can be had. It is in the user's
 * runtime directory (XDG Base Directory Specification), where cron leaves that out of the environment too; it goes with
 * the boot, as the shares do.
 */
export function openShares(env: Readonly<Record<string, string>>): string | null {
  const uid = ownUserId();
  const runtime = [env["XDG_RUNTIME_DIR"], `/run/user/${uid}`].find(
    (path) => path !== undefined && path !== "" && isOwnDirectory(path, uid),
  );
  const base = runtime === undefined ? join(tmpdir(), `stint-${uid}`) : join(runtime, "stint");
  const folder = join(base, "devices");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
  // Under /tmp somebody else may have made it before us.
  return isOwnDirectory(base, uid) && isOwnDirectory(folder, uid) ? folder : null;
}

function isOwnDirectory(path: string, uid: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === uid;
}

/** Notes a share, for all to see at once. */
export function postShare(folder: string, share: DeviceShare): void {
  const staged = join(folder, `${share.token}.staged`);
  writeFileSync(staged, `${JSON.stringify(share)}\n`, { mode: 0o600 });
  renameSync(staged, pathOf(folder, share.token));
}

/** All shares that are noted, in no order; what is no note is passed over. */
export function readShares(folder: string): DeviceShare[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .flatMap((name) => {
      try {
        return parseJson(deviceShare, readFileSync(join(folder, name), "utf8")) ?? [];
      } catch (error) {
        if (errnoOf(error) === null) throw error;
        return []; // withdrawn while we looked
      }
    });
}

/** Takes a note away; one that is gone already is no fault. */
export function withdrawShare(folder: string, token: string): void {
  rmSync(pathOf(folder, token), { force: true });
}

const ENDING = ".json";

function pathOf(folder: string, token: string): string {
  return join(folder, `${token}${ENDING}`);
}
