import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { dirname } from "node:path";
import type { Command } from "commander";
import { asLines } from "../../lib/printable.ts";
import { ok } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { ensureHome } from "../../store/home.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import type { Context } from "../context.ts";
import { homePath } from "../home.ts";
import { isLingering, type Manager, managerOf, say, serviceOf } from "../service/manager.ts";
import { tellOfSilence } from "../silence.ts";
import { readTerms, type SupervisorFlags, wordsOf } from "../supervisor-flags.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags extends SupervisorFlags {
  readonly print?: true;
  readonly json?: true;
}

const LINGER = [
  "It ends when you log out, and its jobs with it. To keep it, and to start it with the machine:",
  "  loginctl enable-linger",
].join("\n");

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<what>", "install, uninstall or status")
    .option("-j, --jobs <n>", "how many jobs may run at a time, as for `up`")
    .option("--label <key=value...>", "a label of the supervisor, as for `up`")
    .option("--print", "with install: only print the unit, and say where it goes")
    .option("--json", "with status: as JSON")
    .addHelpText(
      "after",
      "\nThe supervisor as a service of your user: systemd, or launchd on macOS. Jobs outlive its restarts.",
    )
    .action(async (what: string, flags: Flags) => end(await service(context, what, flags)));
}

async function service(context: Context, what: string, flags: Flags): Promise<Ended> {
  const layout = new Layout(homePath(context));
  // What `up` gets is checked here: a service that cannot start says so in a log that nobody reads.
  const checked = what === "install" ? await readTerms(context, layout, flags) : ok(null);
  if (!checked.ok) return checked.error;
  const words = what === "install" ? wordsOf(flags) : [];
  const wanted = serviceOf(context, { home: layout.home, options: words });
  if ([wanted.home, wanted.executable, wanted.path, ...words].some((word) => /[\n\r]/.test(word)))
    return problem("USAGE", "Cannot describe the service: a path or a label holds a line break");
  const manager = managerOf(context, wanted, platform() === "darwin");
  switch (what) {
    case "install":
      return flags.print === true ? print(context, manager) : install(context, { layout, manager });
    case "uninstall":
      return uninstall(context, manager);
    case "status":
      return status(context, { layout, manager, isJson: flags.json === true });
    default:
      return problem("USAGE", `Cannot run "service ${what}": wanted install, uninstall or status`);
  }
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
    const { code, err } = say(context, words);
    if (code !== 0)
      return problem("NO_SERVICE", `Cannot go on: \`${words.join(" ")}\` ended with ${code}: ${err}`);
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
