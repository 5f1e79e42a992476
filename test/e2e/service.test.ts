import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../src/cli/service/definition.ts";
import { agentText } from "../../src/cli/service/launchd.ts";
import { unitText } from "../../src/cli/service/systemd.ts";
import { type Ran, Stint } from "../rig/stint.ts";
import { SYSTEM_PROGRAMS } from "../rig/surroundings.ts";

/** A system with a user bus, as far as `stint service` talks to it: it notes each call and remembers what is active. */
const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >> "$HOME/calls"
case "$*" in
  *show-environment*) [ ! -e "$HOME/no-bus" ] || { echo "Failed to connect to bus: No medium found" >&2; exit 1; } ;;
  *is-active*) [ -e "$HOME/active" ] || exit 3 ;;
  *restart*) touch "$HOME/active" ;;
  *disable*) rm -f "$HOME/active" ;;
esac
`;
const LOGINCTL = `#!/bin/sh
cat "$HOME/linger" 2>/dev/null || echo no
`;

class ServiceRig extends Stint {
  readonly unit = join(this.root, ".config/systemd/user");

  constructor() {
    super();
    mkdirSync(join(this.root, "bin"));
    for (const [name, text] of [
      ["systemctl", SYSTEMCTL],
      ["loginctl", LOGINCTL],
    ] as const) {
      writeFileSync(join(this.root, "bin", name), text);
      chmodSync(join(this.root, "bin", name), 0o755);
    }
  }

  service(...args: string[]): Promise<Ran> {
    return this.run(["service", ...args], { env: { PATH: `${join(this.root, "bin")}:${SYSTEM_PROGRAMS}` } });
  }

  get calls(): string[] {
    return this.textOf("calls")
      .split("\n")
      .filter((line) => line !== "" && !/show-environment|is-active/.test(line));
  }
}

const ODD: Service = {
  name: "stint",
  executable: '/opt/a "b"/stint',
  home: "/data/100%/$HOME \\ x",
  options: ["--jobs", "4", "--label", "pool=ni&<ght"],
  path: "/usr/bin:/opt/50%",
};

describe.skipIf(process.platform !== "linux")("stint service under systemd", () => {
  test("installs a unit with the flags of up, starts it, and says that it ends with the login", async () => {
    await using stint = new ServiceRig();
    const { code, out, err } = await stint.service("install", "--jobs", "3", "--label", "pool=night", "x=y");
    expect(code).toBe(0);
    const file = out.trim();
    const unit = file.slice(file.lastIndexOf("/") + 1);
    expect(unit).toMatch(/^stint-[0-9a-f]{8}\.service$/);
    expect(err).toContain("loginctl enable-linger");
    expect(stint.calls).toEqual([
      "systemctl --user daemon-reload",
      `systemctl --user enable ${unit}`,
      `systemctl --user restart ${unit}`,
    ]);
    const text = readFileSync(file, "utf8");
    expect(text).toContain(
      `"up" "--home" "${stint.home}" "--jobs" "3" "--label" "pool=night" "--label" "x=y"\n`,
    );
    expect(text).toContain(`"down" "--home" "${stint.home}"\n`);
    for (const line of ["KillMode=process", "Restart=on-failure", "OOMPolicy=continue"])
      expect(text).toContain(`\n${line}\n`);
    writeFileSync(join(stint.root, "linger"), "yes\n");
    const status = JSON.parse((await stint.service("status", "--json")).out) as Record<string, unknown>;
    expect(status).toEqual({
      file,
      isInstalled: true,
      isActive: true,
      trouble: null,
      lingers: true,
      supervisorPid: null,
    });
    // Once more, with other flags: an active service is restarted.
    expect((await stint.service("install")).err).not.toContain("enable-linger");
    expect((await stint.service("uninstall")).code).toBe(0);
    expect(existsSync(file)).toBeFalse();
    expect(stint.calls.slice(-2)).toEqual([
      `systemctl --user disable --now ${unit}`,
      "systemctl --user daemon-reload",
    ]);
    expect((await stint.service("status")).code).toBe(3);
    expect((await stint.service("uninstall")).code).toBe(3);
  });

  test("writes nothing without a user bus and says what to do; --print needs none", async () => {
    await using stint = new ServiceRig();
    writeFileSync(join(stint.root, "no-bus"), "");
    const { code, err } = await stint.service("install");
    expect(code).toBe(7);
    expect(err).toContain("Failed to connect to bus: No medium found");
    expect(err).toContain("stint service install --print");
    expect(existsSync(stint.unit)).toBeFalse();
    const printed = await stint.service("install", "--print");
    expect([printed.code, printed.out]).toEqual([
      0,
      expect.stringContaining("[Service]\nType=exec\nExecStart="),
    ]);
    expect(printed.err).toContain(`${stint.unit}/stint-`);
    expect(printed.err).toContain("systemctl --user enable stint-");
  });

  test("is refused beside a supervisor, and so is up beside the service", async () => {
    await using stint = new ServiceRig();
    const supervisor = await stint.up();
    const refused = [
      await stint.service("install"),
      await stint.run(["up"]),
      await stint.run(["up", "--detach", "--jobs", "1"]),
    ];
    for (const { code, err } of refused) {
      expect(code).toBe(4);
      expect(err).toContain(`pid ${supervisor.pid}`);
      expect(err).toContain("stint down");
    }
    expect(existsSync(stint.unit)).toBeFalse();
  });

  test("checks flags and words before anything is written", async () => {
    await using stint = new ServiceRig();
    for (const args of [
      ["start"],
      ["install", "--jobs", "0"],
      ["install", "--label", "night"],
      ["install", "--label", "a=b\nExecStart=c"],
    ])
      expect((await stint.service(...args)).code).toBe(2);
    expect(stint.calls).toEqual([]);
  });
});

describe("unitText()", () => {
  test("escapes each word so that systemd reads it as it is", () => {
    const text = unitText(ODD);
    expect(text).toContain(
      'ExecStart="/opt/a \\"b\\"/stint" "up" "--home" "/data/100%%/$$HOME \\\\ x" "--jobs" "4" "--label" "pool=ni&<ght"\n',
    );
    expect(text).toContain('Environment="PATH=/usr/bin:/opt/50%%"\n');
  });

  test("has no line that a name could inject", () => {
    const lines = unitText({ ...ODD, home: "/a\nExecStartPre=/evil\u0007" }).split("\n");
    expect(lines.filter((line) => line.startsWith("ExecStartPre"))).toEqual([]);
    expect(lines.join("\n")).toContain(String.raw`"--home" "/a\nExecStartPre=/evil\u0007"`);
  });

  test.skipIf(Bun.which("systemd-analyze") === null)("passes systemd-analyze verify", async () => {
    await using stint = new Stint();
    const file = join(stint.root, "stint-test.service");
    mkdirSync(join(stint.root, '100% "x"'));
    writeFileSync(
      file,
      unitText({ ...ODD, executable: stint.executable, home: join(stint.root, '100% "x"') }),
    );
    const { exitCode, stderr, stdout } = Bun.spawnSync(
      ["systemd-analyze", "--user", "verify", "--man=no", file],
      {
        env: { ...stint.env, XDG_RUNTIME_DIR: stint.root },
      },
    );
    const said = `${stdout.toString()}${stderr.toString()}`;
    // What it says of other units of the machine is none of our business.
    expect([said.split("\n").filter((line) => line.includes("stint-test")), exitCode]).toEqual([[], 0]);
  });
});

test("agentText() is a plist that launchd reads, with its words escaped", () => {
  const text = agentText(ODD, "/data/log");
  expect(text).toContain("<key>Label</key><string>local.stint</string>");
  expect(text).toContain("<string>pool=ni&amp;&lt;ght</string>");
  expect(text).toContain("<key>AbandonProcessGroup</key><true/>");
  expect(text).toContain("<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>");
  // Each opened element is closed.
  const opened = [...text.matchAll(/<([a-z]+)>/g)].length;
  expect([...text.matchAll(/<\/[a-z]+>/g)].length + 1).toBe(
    opened + (text.includes('<plist version="1.0">') ? 2 : 1),
  );
});
