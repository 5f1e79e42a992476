import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { dirname } from "node:path";
import { homePath } from "../../desk/home.ts";
import { tellOfSilence } from "../../desk/silence.ts";
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
import { readTerms, SUPERVISOR_FLAGS, type SupervisorFlags, wordsOf } from "../supervisor-flags.ts";

const LINGER = [
  "It ends when you log out, and its jobs with it. To keep it, and to start it with the machine:",
  "  loginctl enable-linger",
].join("\n");

const installing = declareSubcommand("write the unit and start it", {
  flags: { ...SUPERVISOR_FLAGS, print: { help: "only print the unit, and say where it goes" } },
  run: async ({ context, flags }) => {
    const layout = new Layout(homePath(context));
    // What `up` gets is checked here: a service that cannot start says so in a log that is not read.
    const checked = await readTerms(context, layout, flags);
    if (!checked.ok) return checked.error;
    const manager = managerFor(context, layout, flags);
    if (!manager.ok) return manager.error;
    return flags.print ? print(context, manager.value) : install(context, { layout, manager: manager.value });
  },
});

const uninstalling = declareSubcommand("stop it and remove the unit; its jobs go on", {
  flags: {},
  run: ({ context }) => {
    const manager = managerFor(context, new Layout(homePath(context)));
    return manager.ok ? uninstall(context, manager.value) : manager.error;
  },
});

const telling = declareSubcommand("whether it is installed and up", {
  flags: { json: { help: "as JSON" } },
  run: ({ context, flags }) => {
    const layout = new Layout(homePath(context));
    const manager = managerFor(context, layout);
    if (!manager.ok) return manager.error;
    return status(context, { layout, manager: manager.value, isJson: flags.json === true });
  },
});

export const verb: VerbGroup = {
  subcommands: { install: installing, uninstall: uninstalling, status: telling },
  notes: "The supervisor as a service of your user: systemd, or launchd on macOS. Jobs outlive its restarts.",
};

function managerFor(context: Context, layout: Layout, flags: SupervisorFlags = {}): Result<Manager, Problem> {
  const words = wordsOf(flags);
  const wanted = serviceOf(context, { home: layout.home, options: words });
  if ([wanted.home, wanted.executable, wanted.path, ...words].some((word) => /[\n\r]/.test(word)))
    return err(problem("USAGE", "Cannot describe the service: a path or a label holds a line break"));
  return ok(managerOf(context, wanted, platform() === "darwin"));
}

function print(context: Context, manager: Manager): Ended {
  context.out(manager.text);
  const commands = manager.start.map((words) => `  ${words.join(" ")}`);
  context.err(asLines([`# It goes to ${manager.file}; then:`, ...commands]));
  return EXIT.done;
}

function install(context: Context, { layout, manager }: { layout: Layout; manager: Manager }): Ended {
  const trouble = manager.trouble();
  if (trouble !== null) return unreachable(manager, trouble);
  const home = ensureHome(layout.home);
  if (!home.ok) return home.error;
  const owner = lockOwner(layout);
  const wasActive = manager.isActive();
  if (owner?.role === "up" && !wasActive) {
    return problem(
      "HOME_LOCKED",
      `Cannot start the service for "${layout.home}": a supervisor is up with pid ${owner.pid}, since ${owner.since}`,
      "end it with `stint down`, its jobs go on; then try again",
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
  context.err(asLines([`${layout.home} is supervised by ${manager.kind} from now on.`]));
  if (manager.kind === "systemd" && isLingering(context) !== true) context.err(`${LINGER}\n`);
  return EXIT.done;
}

function uninstall(context: Context, manager: Manager): Ended {
  if (!existsSync(manager.file)) return notInstalled(manager);
  const trouble = manager.trouble();
  if (trouble !== null) return unreachable(manager, trouble);
  const refused = runAll(context, manager.stop);
  if (refused !== null) return refused;
  const removed = tryFs(`remove ${manager.file}`, () => rmSync(manager.file, { force: true }));
  if (!removed.ok) return removed.error;
  const unread = runAll(context, manager.afterRemoval);
  if (unread !== null) return unread;
  context.err("The service is gone; its jobs go on, and so does the queue with `stint up`.\n");
  return EXIT.done;
}

function status(
  context: Context,
  { layout, manager, isJson }: { layout: Layout; manager: Manager; isJson: boolean },
): Ended {
  const isInstalled = existsSync(manager.file);
  const trouble = manager.trouble();
  const isActive = isInstalled && trouble === null && manager.isActive();
  const lingers = manager.kind === "systemd" ? isLingering(context) : null;
  const owner = lockOwner(layout);
  const pid = owner?.role === "up" ? owner.pid : null;
  const found = { file: manager.file, isInstalled, isActive, trouble, lingers, supervisorPid: pid };
  if (isJson) context.out(`${JSON.stringify(found, null, 2)}\n`);
  else {
    const state = isInstalled ? (isActive ? "active" : "installed, not active") : "not installed";
    context.out(asLines([`${manager.file}: ${state}`]));
    tellOfSilence(context, layout);
    context.out(pid === null ? "no supervisor is up\n" : `a supervisor is up with pid ${pid}\n`);
    if (trouble !== null) context.out(asLines([`${manager.kind} cannot be reached: ${trouble}`]));
    if (isActive && lingers === false) context.out(`${LINGER}\n`);
  }
  return isActive ? EXIT.done : isInstalled ? EXIT.noSupervisor : EXIT.notFound;
}

/** The first command that fails ends it. */
function runAll(context: Context, commands: readonly (readonly string[])[]): Problem | null {
  for (const words of commands) {
    const { code, err: said } = say(context, words);
    if (code !== 0)
      return problem("NO_SERVICE", `Cannot go on: \`${words.join(" ")}\` ended with ${code}: ${said}`);
  }
  return null;
}

function unreachable(manager: Manager, trouble: string): Problem {
  return problem(
    "NO_SERVICE",
    `Cannot reach the ${manager.kind} of your user: ${trouble}`,
    "print the unit with `stint service install --print`; without a service: stint up --detach",
  );
}

function notInstalled(manager: Manager): Problem {
  return problem("NOT_FOUND", `Cannot find the service: there is no ${manager.file}`);
}
