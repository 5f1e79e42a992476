import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { distrust, isOwnOrRoots } from "../../src/lib/trusted-folder.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const IS_ROOT = process.getuid?.() === 0;
const STRANGER = 12_345;
/** A group that is no user's private group. */
const SHARED_GROUP = 54_321;

/** `way/home`, made for this user alone. */
async function withHome(run: (folder: { way: string; home: string; of: (name: string) => string }) => void) {
  await using place = new TempDirectory();
  const of = (name: string): string => join(place.path, name);
  mkdirSync(of("way/home"), { recursive: true, mode: 0o755 });
  run({ way: of("way"), home: of("way/home"), of });
}

describe("distrust()", () => {
  test("accepts a folder of the user's own, below /tmp too, and one that does not exist yet", () =>
    withHome(({ home, of }) => {
      chmodSync(home, 0o755);
      symlinkSync("way", of("link"));
      symlinkSync("link/../way/./home", of("home"));
      for (const path of [home, of("link/home"), of("home"), of("home/inbox"), of("none/at/all")])
        expect(distrust(path)).toBeNull();
    }));

  test.each([
    ["all users", 0o777],
    ["all users, with the sticky bit", 0o1777],
    ["others alone", 0o702],
  ])("refuses a folder that %s may write to, with the command that corrects it", (_who, mode) =>
    withHome(({ home }) => {
      chmodSync(home, mode);
      expect(distrust(home)).toEqual({
        what: `others may write in it (mode ${mode.toString(8)}), wanted you alone`,
        fix: `chmod go-w ${home}`,
      });
    }),
  );

  test("refuses a folder above that others may write to, unless it has the sticky bit", () =>
    withHome(({ way, home }) => {
      chmodSync(way, 0o1777);
      expect(distrust(home)).toBeNull();
      chmodSync(way, 0o777);
      expect(distrust(home)?.what).toBe(
        `others may write in "${way}" on the path to it (mode 777) and replace it`,
      );
      expect(distrust(home, way)).toBeNull();
    }));

  test('checks the target of a link too, also where it contains ".."', () =>
    withHome(({ way, home, of }) => {
      symlinkSync(home, of("link"));
      mkdirSync(join(home, "deep"));
      symlinkSync("way/home/deep/..", of("dots"));
      chmodSync(way, 0o777);
      expect(distrust(of("link"))?.what).toContain(`"${way}"`);
      chmodSync(way, 0o755);
      chmodSync(home, 0o777);
      for (const name of ["link", "dots"]) expect(distrust(of(name))?.what).toContain(`"${home}"`);
    }));

  test("leaves a loop of links to the system", () =>
    withHome(({ of }) => {
      symlinkSync("b", of("a"));
      symlinkSync("a", of("b"));
      expect(distrust(of("a/home"))).toBeNull();
    }));

  test.if(IS_ROOT)("refuses a folder, a parent folder and a link of another user", () =>
    withHome(({ way, home, of }) => {
      symlinkSync(home, of("link"));
      lchownSync(of("link"), STRANGER, STRANGER);
      expect(distrust(of("link"))?.what).toStartWith(`it is a link of user ${STRANGER}`);
      chownSync(home, STRANGER, STRANGER);
      expect(distrust(home)).toEqual({
        what: `it belongs to user ${STRANGER}, wanted user 0`,
        fix: `as its user: sudo -u '#${STRANGER}' stint …; or use your own: --home DIR or STINT_HOME`,
      });
      chownSync(home, 0, 0);
      chownSync(way, STRANGER, STRANGER);
      expect(distrust(home)).toEqual({
        what: expect.stringContaining(`"${way}" on the path to it belongs to user ${STRANGER}`),
        fix: expect.stringContaining(`sudo -u '#${STRANGER}' stint`),
      });
    }),
  );

  test.if(IS_ROOT)("never proposes to take the folder of another user away from them", () =>
    withHome(({ way, home, of }) => {
      chmodSync(of("."), 0o755);
      chownSync(way, STRANGER, STRANGER);
      chmodSync(way, 0o755);
      writeFileSync(
        of("ask.ts"),
        `import { distrust } from ${JSON.stringify(join(import.meta.dir, "../../src/lib/trusted-folder.ts"))};
         process.setuid(54_322);
         console.log(JSON.stringify(distrust(${JSON.stringify(home)})));`,
      );
      const { stdout } = Bun.spawnSync([process.execPath, of("ask.ts")]);
      expect(JSON.parse(stdout.toString())).toMatchObject({
        fix: `choose a folder elsewhere, such as one below your home directory; if "${way}" is to be yours: sudo chown 54322 ${way}`,
      });
    }),
  );

  test.if(IS_ROOT)("lets the user's private group write, and no other group", () =>
    withHome(({ home }) => {
      chmodSync(home, 0o775);
      const hasOwnGroup = /^root:[^:]*:0:(root)?$/m.test(readFileSync("/etc/group", "utf8"));
      if (hasOwnGroup) expect(distrust(home)).toBeNull();
      chownSync(home, 0, SHARED_GROUP);
      expect(distrust(home)?.what).toContain("mode 775");
    }),
  );

  test.if(IS_ROOT)("accepts parent folders of users that the user namespace does not map", () =>
    withHome(({ way, home, of }) => {
      chownSync(way, STRANGER, STRANGER);
      chmodSync(way, 0o755);
      writeFileSync(
        of("ask.ts"),
        `import { distrust } from ${JSON.stringify(join(import.meta.dir, "../../src/lib/trusted-folder.ts"))};
         console.log(JSON.stringify(distrust(${JSON.stringify(home)})));`,
      );
      const ask = ["unshare", "--user", "--map-root-user", process.execPath, of("ask.ts")];
      const { stdout, success } = Bun.spawnSync(ask, { stderr: "ignore" });
      // A sandbox may refuse namespaces.
      if (success) expect(stdout.toString().trim()).toBe("null");
    }),
  );
});

test.if(IS_ROOT)("isOwnOrRoots() is true for files of the user and of root", () => {
  expect([0, STRANGER].map((uid) => isOwnOrRoots({ uid }))).toEqual([true, false]);
});
