import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { dirname } from "node:path";
import { homePath } from "../../desk/home.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { ensureHome } from "../../store/home.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { declareSubcommand, type Ended, type VerbGroup } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { isLingering, type Manager, managerOf, say, serviceOf } from "../service/manager.ts";
import {
  readTerms,
  SUPERVISOR_FLAGS,
  type SupervisorFlags,
  supervisorArguments,
} from "../supervisor-flags.ts";
import { jsonText } from "../text/json.ts";

const LINGER = [
  "The service and its jobs end when you log out. To keep it running and start it at boot:",
  "  loginctl enable-linger",
].join("\n");

const installing = declareSubcommand("write the unit file and start the service", {
  flags: { ...SUPERVISOR_FLAGS, print: { help: "print the unit file and its path, and install nothing" } },
  run: async ({ context, flags }) => {
    const layout = new Layout(homePath(context));
    // Flags and settings are checked here: a service that cannot start reports that in its log alone.
    const checked = await readTerms(context, layout, flags);
    if (!checked.ok) return checked.error;
    const manager = managerFor(context, layout, flags);
    if (!manager.ok) return manager.error;
    return flags.print ? print(context, manager.value) : install(context, { layout, manager: manager.value });
  },
});

const uninstalling = declareSubcommand("stop the service and remove its unit file; jobs keep running", {
  flags: {},
  run: ({ context }) => {
    const manager = managerFor(context, new Layout(homePath(context)));
    return manager.ok ? uninstall(context, manager.value) : manager.error;
  },
});

const telling = declareSubcommand("show whether the service is installed and running", {
  flags: { json: { help: "print JSON" } },
  run: ({ context, flags }) => {
    const layout = new Layout(homePath(context));
    const manager = managerFor(context, layout);
    if (!manager.ok) return manager.error;
    return status(context, { layout, manager: manager.value, isJson: flags.json === true });
  },
});

export const verb: VerbGroup = {
  subcommands: { install: installing, uninstall: uninstalling, status: telling },
  aliases: { enable: "install", disable: "uninstall", remove: "uninstall" },
  grave: ["uninstall"],
  notes: "A service of your user, under systemd, or launchd on macOS. Jobs survive its restarts.",
};

function managerFor(context: Context, layout: Layout, flags: SupervisorFlags = {}): Result<Manager, Problem> {
  const words = supervisorArguments(flags);
  const wanted = serviceOf(context, { home: layout.home, options: words });
  if ([wanted.home, wanted.executable, wanted.path, ...words].some((word) => /[\n\r]/.test(word)))
    return err(problem("USAGE", "Cannot write the unit file: a path or a label contains a line break"));
  return ok(managerOf(context, wanted, platform() === "darwin"));
}

function print(context: Context, manager: Manager): Ended {
  context.out(manager.text);
  const commands = manager.start.map((words) => `  ${words.join(" ")}`);
  context.err(asLines([`# To install it, write it to ${manager.file} and run:`, ...commands]));
  return EXIT.done;
}

function install(context: Context, { layout, manager }: { layout: Layout; manager: Manager }): Ended {
  const fault = manager.fault();
  if (fault !== null) return unreachable(manager, fault);
  const home = ensureHome(layout.home);
  if (!home.ok) return home.error;
  const owner = lockOwner(layout);
  const wasActive = manager.isActive();
  if (owner?.role === "up" && !wasActive) {
    return problem(
      "HOME_LOCKED",
      `Cannot start the service for "${layout.home}": a supervisor is running with pid ${owner.pid}, since ${localTime(owner.since, context.clock.now())}`,
      "stop it with `stint down` (its jobs keep running), then try again",
    );
  }
  const written = tryFs(`write ${manager.file}`, () => {
    mkdirSync(dirname(manager.file), { recursive: true });
    writeFileSync(manager.file, manager.text);
  });
  if (!written.ok) return written.error;
  if (manager.kind === "launchd" && wasActive) runAll(context, manager.stop);
  const refused = runAll(context, manager.start);
  if (refused !== null) return refused;
  context.out(asLines([manager.file]));
  context.err(asLines([`${layout.home} is now supervised by ${manager.kind}.`]));
  if (manager.kind === "systemd" && isLingering(context) !== true) context.err(`${LINGER}\n`);
  return EXIT.done;
}

function uninstall(context: Context, manager: Manager): Ended {
  if (!existsSync(manager.file)) return notInstalled(manager);
  const fault = manager.fault();
  if (fault !== null) return unreachable(manager, fault);
  const refused = runAll(context, manager.stop);
  if (refused !== null) return refused;
  const removed = tryFs(`remove ${manager.file}`, () => rmSync(manager.file, { force: true }));
  if (!removed.ok) return removed.error;
  const unread = runAll(context, manager.afterRemoval);
  if (unread !== null) return unread;
  context.err("Service removed; jobs keep running. Start a supervisor without it: stint up --detach\n");
  return EXIT.done;
}

function status(
  context: Context,
  { layout, manager, isJson }: { layout: Layout; manager: Manager; isJson: boolean },
): Ended {
  const isInstalled = existsSync(manager.file);
  const fault = manager.fault();
  const isActive = isInstalled && fault === null && manager.isActive();
  const lingers = manager.kind === "systemd" ? isLingering(context) : null;
  const owner = lockOwner(layout);
  const pid = owner?.role === "up" ? owner.pid : null;
  const found = { file: manager.file, isInstalled, isActive, trouble: fault, lingers, supervisorPid: pid };
  if (isJson) context.out(jsonText(found));
  else {
    const state = isInstalled ? (isActive ? "active" : "installed, not active") : "not installed";
    context.out(asLines([`${manager.file}: ${state}`]));
    tellOfSilence(context, layout);
    context.out(pid === null ? "no supervisor is running\n" : `a supervisor is running with pid ${pid}\n`);
    if (fault !== null) context.out(asLines([`${manager.kind} cannot be reached: ${fault}`]));
    if (isActive && lingers === false) context.out(`${LINGER}\n`);
  }
  return isActive ? EXIT.done : isInstalled ? EXIT.noSupervisor : EXIT.notFound;
}

/** Runs the commands in order; stops at the first that fails. */
function runAll(context: Context, commands: readonly (readonly string[])[]): Problem | null {
  for (const words of commands) {
    const { code, err: said } = say(context, words);
    if (code !== 0)
      return problem(
        "NO_SERVICE",
        `Cannot change the service: \`${words.join(" ")}\` exited with ${code}: ${said}`,
      );
  }
  return null;
}

function unreachable(manager: Manager, fault: string): Problem {
  return problem(
    "NO_SERVICE",
    `Cannot reach the ${manager.kind} of your user: ${fault}`,
    "print the unit with `stint service install --print`; without a service: stint up --detach",
  );
}

function notInstalled(manager: Manager): Problem {
  return problem("NOT_FOUND", `Cannot find the service: there is no ${manager.file}`);
}
