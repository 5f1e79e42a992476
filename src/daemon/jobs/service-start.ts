import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/errno.ts";
import { secret } from "../../lib/random.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { type AttemptService, portVariables, type ServiceSpec } from "../../model/service.ts";
import { kindWithPorts, urlOf } from "../../model/service-text.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { NotStarted } from "../../run/launch.ts";
import { freePort, isPortFree } from "../../run/ports.ts";
import { contentOf } from "../../run/records.ts";
import type { Supervisor } from "../supervisor.ts";
import { delayStarts } from "./start-shortage.ts";

/*
 * What a service gets at its start: ports, with the claim and so on record before it runs; the texts with them; a token, in a file that
 * only its owner may read.
 */

const TOKEN_BYTES = 24;

/** Gives ports to the services that are claimed in one turn, each port to one open service of the home. */
export class PortGiver {
  readonly #supervisor: Supervisor;
  #taken: Set<number> | null = null;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** The part of a claim with the ports of a service; nothing for any other task. Null where the system refuses a port: starts are delayed. */
  give({ spec }: Task): { readonly service?: AttemptService } | null {
    if (spec.service === undefined) return {};
    try {
      return this.#giveTo(spec.service);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      delayStarts(this.#supervisor, `Cannot allocate a port for a service (${errno})`);
      return null;
    }
  }

  #giveTo(service: ServiceSpec): { readonly service: AttemptService } {
    this.#taken ??= portsInUse(this.#supervisor);
    const ports: Record<string, number> = {};
    for (const [name, asked] of Object.entries(service.ports)) {
      const port = asked === 0 ? freePort(this.#taken) : asked;
      this.#taken.add(port);
      ports[name] = port;
    }
    const url = urlOf(service, ports);
    return { service: { ports, ...(url !== undefined && { url }) } };
  }
}

/** The ports of open services, and those that queued ones ask for. */
function portsInUse({ queue }: Supervisor): Set<number> {
  const open = queue.active.flatMap((task) => Object.values(openAttempt(task)?.service?.ports ?? {}));
  const asked = queue.queued.flatMap(({ spec }) => Object.values(spec.service?.ports ?? {}));
  return new Set([...open, ...asked]);
}

/** A task that starts, with what it gets as a service. */
interface ServiceStart {
  /** With its ports in its texts. */
  readonly task: Task;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** What a claimed task gets as a service, and the same task where it is none. Throws what the system refuses. */
export function serviceFor(task: Task, directory: string): Result<ServiceStart, NotStarted> {
  const { service, kind } = task.spec;
  const { ports } = openAttempt(task)?.service ?? {};
  if (service === undefined || ports === undefined) return ok({ task, variables: {}, secrets: [] });
  const busy = Object.values(service.ports).find((port) => port > 0 && !isPortFree(port));
  if (busy !== undefined) {
    const error = `Cannot start "${task.metadata.id}": another process listens on port ${busy}, wanted it free`;
    return err({ code: "PREFLIGHT", error });
  }
  const token = service.token === undefined ? null : secret(TOKEN_BYTES);
  if (token !== null)
    writeFileSync(join(directory, ATTEMPT_FILES.serviceToken), `${token}\n`, { mode: 0o600 });
  return ok({
    task: { ...task, spec: { ...task.spec, kind: kindWithPorts(kind, ports) } },
    variables: {
      ...portVariables(ports),
      ...(token !== null && service.token !== undefined && { [service.token]: token }),
    },
    secrets: token === null ? [] : [token],
  });
}

/** The token of the service in a folder of an attempt; undefined for none. */
export function tokenIn(directory: string): string | undefined {
  return contentOf(join(directory, ATTEMPT_FILES.serviceToken))?.trim();
}
