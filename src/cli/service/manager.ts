import { join } from "node:path";
import { absolute, homePath } from "../../desk/home.ts";
import { ownUserId } from "../../lib/host.ts";
import { findTool } from "../../machine/tool.ts";
import type { Context } from "../context.ts";
import { type Service, serviceName } from "./definition.ts";
import { agentLabel, agentText } from "./launchd.ts";
import { unitText } from "./systemd.ts";

/** How a system command ended. */
interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A service manager of the user: the unit file, and the commands that start and stop the service. */
export interface Manager {
  readonly kind: "systemd" | "launchd";
  readonly file: string;
  readonly text: string;
  /** Why it cannot be reached; null where it can. */
  readonly fault: () => string | null;
  /** Reloads the file and starts the service, now and at each login. */
  readonly start: readonly (readonly string[])[];
  /** Stops and disables the service, before the file is removed. */
  readonly stop: readonly (readonly string[])[];
  readonly afterRemoval: readonly (readonly string[])[];
  readonly isActive: () => boolean;
}

/** `systemctl` answers at once, or hangs with its bus. */
const COMMAND_TIMEOUT_MS = 60_000;

/** Runs a system command to its end; the code is 127 where it is not installed, as in a shell. */
export function say(context: Context, words: readonly string[]): Said {
  const path = findTool(words[0] ?? "", context);
  if (path === null) return { code: 127, out: "", err: `${words[0]} is not installed` };
  const ended = Bun.spawnSync([path, ...words.slice(1)], {
    env: { ...context.env },
    cwd: "/",
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: COMMAND_TIMEOUT_MS,
  });
  return { code: ended.exitCode, out: ended.stdout.toString().trim(), err: ended.stderr.toString().trim() };
}

/** The service of a home; `options` are flags for its `up`. */
export function serviceOf(context: Context, { home, options }: Pick<Service, "home" | "options">): Service {
  const usual = homePath({ ...context, env: { ...context.env, STINT_HOME: "" } });
  return {
    name: serviceName(home, usual),
    executable: context.self,
    home,
    options,
    path: context.env["PATH"] ?? "/usr/bin:/bin",
  };
}

/** The manager of user services on this system. */
export function managerOf(context: Context, service: Service, isMac: boolean): Manager {
  return isMac ? launchd(context, service) : systemd(context, service);
}

function systemd(context: Context, service: Service): Manager {
  const unit = `${service.name}.service`;
  const settings = absolute(context.env["XDG_CONFIG_HOME"]) ?? join(context.userHome, ".config");
  const user = (...words: string[]): string[] => ["systemctl", "--user", ...words];
  return {
    kind: "systemd",
    file: join(settings, "systemd", "user", unit),
    text: unitText(service),
    fault: () => {
      const { code, err } = say(context, user("show-environment"));
      return code === 0 ? null : (err.split("\n")[0] ?? "systemctl --user fails");
    },
    start: [user("daemon-reload"), user("enable", unit), user("restart", unit)],
    stop: [user("disable", "--now", unit)],
    afterRemoval: [user("daemon-reload")],
    isActive: () => say(context, user("is-active", "--quiet", unit)).code === 0,
  };
}

function launchd(context: Context, service: Service): Manager {
  const label = agentLabel(service.name);
  const domain = `gui/${ownUserId()}`;
  const file = join(context.userHome, "Library", "LaunchAgents", `${label}.plist`);
  return {
    kind: "launchd",
    file,
    text: agentText(service, join(service.home, "supervisor.log")),
    fault: () => {
      const { code, err } = say(context, ["launchctl", "print", domain]);
      return code === 0 ? null : (err.split("\n")[0] ?? "launchctl fails");
    },
    start: [["launchctl", "bootstrap", domain, file]],
    stop: [["launchctl", "bootout", `${domain}/${label}`]],
    afterRemoval: [],
    isActive: () => say(context, ["launchctl", "print", `${domain}/${label}`]).code === 0,
  };
}

/** Whether systemd runs the user's services without a login; null where loginctl does not answer. */
export function isLingering(context: Context): boolean | null {
  const { code, out } = say(context, [
    "loginctl",
    "show-user",
    context.user(),
    "--property=Linger",
    "--value",
  ]);
  if (code === 0 && (out === "yes" || out === "no")) return out === "yes";
  return null;
}
