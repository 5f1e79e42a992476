import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findTool } from "../machine/tool.ts";
import { ENGINES, type EngineName } from "../model/kind.ts";
import { type Check, lacks, passes } from "./check.ts";
import type { Context } from "./context.ts";
import type { Needs } from "./doctor-needs.ts";

/** An engine whose service does not answer within this time is reported as broken. */
const ENGINE_TIMEOUT_MS = 5_000;

const TEMPLATES: Readonly<Record<EngineName, string>> = {
  podman:
    "version {{.Version.Version}}, {{if .Host.Security.Rootless}}rootless{{else}}as root{{end}}, groups by {{.Host.CgroupManager}}",
  docker: 'version {{.ServerVersion}}, groups by {{.CgroupDriver}}, {{join .SecurityOptions " "}}',
};

/** Checks the container engines; only what the home needs is worth a warning. */
export function checkEngines({ env }: Context, needs: Needs): Check[] {
  const found = ENGINES.flatMap((name) => {
    const path = findTool(name, { env });
    return path === null ? [] : [{ name, path }];
  });
  if (found.length === 0) {
    const isNeeded = needs.needsEngine || needs.engines.size > 0;
    const what = "neither podman nor docker is in PATH: container tasks would fail";
    return [lacks(what, { fix: "install one for tasks in containers: apt install podman", isNeeded })];
  }
  return found.map((engine, index) => {
    // A task that names no engine gets the first.
    const isNeeded = needs.engines.has(engine.name) || (needs.needsEngine && index === 0);
    return checkEngine(engine, { env, isNeeded });
  });
}

function checkEngine(
  { name, path }: { name: EngineName; path: string },
  { env, isNeeded }: { readonly env: Readonly<Record<string, string>>; readonly isNeeded: boolean },
): Check {
  const asked = Bun.spawnSync([path, "info", "--format", TEMPLATES[name]], {
    env: { ...env },
    stdin: "ignore",
    timeout: ENGINE_TIMEOUT_MS,
  });
  const said = asked.stdout.toString().trim();
  if (asked.exitCode !== 0) {
    const [why = "it did not answer"] = asked.stderr.toString().trim().split("\n").slice(-1);
    return lacks(`${name} (${path}) does not work: ${why}`, { fix: `for details: ${name} info`, isNeeded });
  }
  const hasNvidia = Bun.which("nvidia-smi", { PATH: env["PATH"] ?? "" }) !== null;
  const gpus = name === "podman" && hasNvidia ? `; GPUs by CDI: ${describeCdi()}` : "";
  return passes(`${name} is ${path}, ${said}${gpus}`);
}

/** The default folders of device specifications (Container Device Interface). */
const CDI_FOLDERS = ["/etc/cdi", "/var/run/cdi"];

function describeCdi(): string {
  const files = CDI_FOLDERS.filter(existsSync).flatMap((folder) =>
    readdirSync(folder).map((file) => join(folder, file)),
  );
  const ofNvidia = files.filter((file) => readFileSync(file, "utf8").includes("nvidia.com/gpu"));
  return ofNvidia.length > 0
    ? ofNvidia.join(", ")
    : "none (nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml creates the specification)";
}
