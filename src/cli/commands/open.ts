import { addressOf, findService, readServices, writeRedirect } from "../../desk/services.ts";
import { relativeTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { isService } from "../../model/service.ts";
import { isTerminal, UNFINISHED_STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { readTask } from "../../store/reader.ts";
import { awaitTasks } from "../await-tasks.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { hasDesktop, openOnDesktop } from "../desktop.ts";
import { inHome } from "../in-home.ts";
import { Interruption } from "../interruption.ts";
import { newestTold } from "../targets.ts";

const FLAGS = {
  wait: { help: "wait until it serves" },
  print: { help: "only print the address" },
  browser: { help: "open a browser also where no desktop is seen", excludes: ["print"] },
  token: { help: "print the token or password alone", excludes: ["print", "browser"] },
} as const;

export const verb = declareVerb({
  operands: [
    {
      name: "SERVICE",
      count: "optional",
      help: "the name under which it is published, or its task: name, number, id; without it, the only service",
      completes: { states: UNFINISHED_STATES, eligible: isService },
    },
  ],
  flags: FLAGS,
  notes:
    "Prints the address with its token. On a desktop it opens a browser too: by a file that only you can read, so that no other user sees the token in the arguments of a program. See `stint help services`.",
  run: inHome(open),
});

async function open({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const chosen = chosenService(context, layout, operands[0]);
  if (!chosen.ok) return chosen.error;
  let task = chosen.value;
  if (flags.wait === true && !isTerminal(task.status.state) && task.status.state !== "serving") {
    const waited = await untilServing(context, layout, task);
    if (typeof waited === "number" || "code" in waited) return waited;
    task = waited;
  }
  const refusal = whyClosed(context, task);
  if (refusal !== null) return refusal;
  const address = addressOf(layout, task);
  if (address === null)
    return problem(
      "NOT_FOUND",
      `Cannot open "${task.metadata.name}": it has no port, and so no address`,
      "`service: {port: 0}` in its file gives it one",
    );
  const { text, token, hasToken, isPage } = address;
  if (flags.token === true) {
    if (token === null)
      return problem("NOT_FOUND", `Cannot print the token of "${task.metadata.name}": it has none`);
    context.out(`${token}\n`);
    return EXIT.done;
  }
  context.out(asLines([text]));
  if (token !== null && !hasToken)
    context.err(
      `It asks for what it got in ${task.spec.service?.token}: stint open ${task.metadata.number} --token\n`,
    );
  const isWanted = flags.browser === true || (flags.print !== true && hasDesktop(context));
  return isWanted && isPage ? browse(context, layout, { task, url: text }) : EXIT.done;
}

function chosenService(
  context: Context,
  layout: Layout,
  reference: string | undefined,
): Result<Task, Problem> {
  if (reference !== undefined) return findService(layout, reference, newestTold(context));
  const services = readServices(layout);
  const [only] = services;
  if (only !== undefined && services.length === 1) return ok(only);
  return err(
    services.length === 0
      ? problem("NOT_FOUND", "Cannot open a service: there is none", "to start one: stint init jupyter")
      : problem(
          "AMBIGUOUS",
          `Cannot choose a service: there are ${services.length}, wanted the name of one`,
          "they are listed by `stint services`",
        ),
  );
}

/** The task once it serves or has ended; an exit code where the user ended the wait. */
async function untilServing(context: Context, layout: Layout, task: Task): Promise<Task | Ended> {
  const { id, name } = task.metadata;
  const interruption = new Interruption(context);
  context.err(asLines([`${name} is ${task.status.state}; waiting until it serves`]));
  let isServing = false;
  const waited = await awaitTasks(context, layout, {
    ids: [id],
    timeoutMs: null,
    onPoll: ([unended]) => {
      isServing = unended?.status.state === "serving";
    },
    isOff: () => isServing || interruption.exit !== null,
  });
  if (interruption.exit !== null) return interruption.exit;
  if ("code" in waited) return waited;
  const read = readTask(layout, id);
  return read.ok ? read.value : problem("NOT_FOUND", `Cannot open "${name}": its record is gone`);
}

/** Why a service cannot be opened now; null where it serves. */
function whyClosed(context: Context, { metadata, status }: Task): Problem | null {
  const { name, number } = metadata;
  if (status.state === "serving") return null;
  if (isTerminal(status.state)) {
    const when = "endedAt" in status ? ` ${relativeTime(status.endedAt, context.clock.now())}` : "";
    const again =
      status.state === "completed"
        ? `start it again: stint submit --from ${number}`
        : `why: stint explain ${number}; start it again: stint retry ${number}`;
    return problem(
      "INVALID_TRANSITION",
      `Cannot open "${name}": it ${status.state === "cancelled" ? "was " : ""}${status.state}${when}`,
      again,
    );
  }
  const hint =
    status.state === "stopping"
      ? `once it has ended, start it again: stint submit --from ${number}`
      : `wait for it: stint open ${number} --wait; what it waits for: stint explain ${number}`;
  return problem("INVALID_TRANSITION", `Cannot open "${name}": it is ${status.state}, wanted serving`, hint);
}

function browse(
  context: Context,
  layout: Layout,
  { task, url }: { readonly task: Task; readonly url: string },
): Ended {
  const page = writeRedirect(layout, task, url);
  if (!page.ok) return page.error;
  if (!openOnDesktop(context, page.value))
    context.err("No browser was opened: there is no xdg-open in PATH. Open the address by hand.\n");
  return EXIT.done;
}
