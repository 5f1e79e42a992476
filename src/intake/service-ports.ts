import { containerOf, type Kind } from "../model/kind.ts";
import type { ServiceSpec } from "../model/service.ts";
import { portsAskedIn, textsOf } from "../model/service-text.ts";
import { getAt, type Tree } from "./candidate.ts";
import { type Fault, fault } from "./fault.ts";
import type { Span } from "./value.ts";

/** Faults of a task whose program, variables or url name a port that it has not, or whose ports are out of reach. */
export function portFaults(candidate: Tree, span: Span): Fault[] {
  const kind = getAt(candidate, ["spec", "kind"]) as Kind;
  const service = getAt(candidate, ["spec", "service"]) as ServiceSpec | undefined;
  const texts = [...textsOf(kind), service?.url ?? ""];
  const asked = [...new Set(texts.flatMap(portsAskedIn))];
  const names = Object.keys(service?.ports ?? {});
  const isCutOff = names.length > 0 && containerOf(kind)?.network === "none";
  const cutOff = fault(span, "no port is reached with network: none", "wanted network: bridge, or host");
  const missing = asked
    .filter((name) => (name === null ? names.length === 0 : !names.includes(name)))
    .map((name) => {
      const is = `\${{ service.${name === null ? "port" : `ports.${name}`} }} has no value`;
      const why = service === undefined ? "the task is no service" : "the service has no such port";
      const hint =
        names.length === 0
          ? "add service: {port: 0}"
          : `it has ${names.map((one) => `service.ports.${one}`).join(", ")}`;
      return fault(span, `${is}: ${why}`, hint);
    });
  return isCutOff ? [...missing, cutOff] : missing;
}
