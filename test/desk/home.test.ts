import { describe, expect, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { homePath } from "../../src/desk/home.ts";
import { PROGRAMS, STRANGER, SYSTEM_PROGRAMS } from "../rig/surroundings.ts";

/** As passwd(5) says; a user without an entry has none. */
const OWN_HOME =
  readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([, , uid]) => uid === String(userInfo().uid))?.[5] ?? "/";

describe("homePath()", () => {
  test.each([
    [{ STINT_HOME: "/a", XDG_DATA_HOME: "/b" }, "/a"],
    [{ STINT_HOME: "here" }, "/cwd/here"],
    [{ STINT_HOME: "", XDG_DATA_HOME: "/b" }, "/b/stint"],
    [{ XDG_DATA_HOME: "b" }, "/user/.local/share/stint"],
    [{ XDG_DATA_HOME: "" }, "/user/.local/share/stint"],
    [{}, "/user/.local/share/stint"],
  ] as const)("%j: %s", (env, path) => {
    expect(homePath({ env, cwd: "/cwd", userHome: "/user" })).toBe(path);
  });
});

test.each([{ HOME: "" }, { HOME: "home" }, { HOME: "", XDG_DATA_HOME: "data", XDG_CONFIG_HOME: "settings" }])(
  "with %j stint creates nothing in the current folder and uses the user's home",
  (env) => {
    const folder = mkdtempSync(join(tmpdir(), "stint-home-"));
    try {
      for (const name of ["home", "data", "settings"]) mkdirSync(join(folder, name));
      const call = (...args: string[]): string =>
        Bun.spawnSync([resolve("dist/stint"), ...args], {
          cwd: folder,
          env: { PATH: PROGRAMS, ...env },
        }).stderr.toString();
      // Verbs that make none and write none: they only say where it would be.
      expect(call("show", "1")).not.toContain(folder);
      expect(call("service", "install", "--print")).toContain(
        `# To install it, write it to ${join(OWN_HOME, ".config")}/`,
      );
      expect(readdirSync(folder).filter((name) => existsSync(join(folder, name, "stint")))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

/** A number without an entry in passwd(5), which may run the executable. */
const AS_STRANGER = ["setpriv", "--reuid", String(STRANGER), "--regid", String(STRANGER), "--clear-groups"];
const CAN_BE_STRANGER =
  userInfo().uid === 0 &&
  Bun.which("setpriv") !== null &&
  Bun.spawnSync([...AS_STRANGER, "test", "-x", resolve("dist/stint")]).success;

test.skipIf(!CAN_BE_STRANGER)(
  "a user without an entry in passwd(5) and without HOME can use the home that --home names",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "stint-home-"));
    try {
      chownSync(folder, STRANGER, STRANGER);
      const call = [
        ...AS_STRANGER,
        resolve("dist/stint"),
        "--home",
        join(folder, "home"),
        "run",
        "-q",
        "--",
        "true",
      ];
      const { exitCode } = Bun.spawnSync(call, {
        cwd: folder,
        env: { PATH: SYSTEM_PROGRAMS, HOME: "", TMPDIR: folder },
      });
      expect(exitCode).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
