import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { unlessRefused } from "../../lib/errno.ts";
import { textOf } from "../../lib/file-text.ts";
import { parseJson } from "../../model/check.ts";
import { directUrl, type Packages } from "../../model/packages.ts";

/** A Python environment, by its root folder. */
export interface PythonEnvironment {
  readonly prefix: string;
  /** The interpreter that was found; its name may tell its version. */
  readonly python: string | null;
}

type Variables = Readonly<Record<string, string>>;

/** Reads which packages an environment has from the names in its folders: no Python is run, and hundreds take milliseconds. */
export function readPackages({ prefix, python }: PythonEnvironment, env: Variables): Packages {
  const settings = venvSettings(prefix);
  const version = settings?.version ?? versionIn(prefix) ?? (python === null ? null : versionOf(python));
  const isAlone = settings !== null && !settings.seesSystem;
  const base = settings?.seesSystem === true ? settings.base : null;
  const folders = [
    ...(env["PYTHONPATH"] ?? "").split(delimiter).filter((folder) => folder.startsWith("/")),
    ...sitesIn(prefix, version),
    ...(isAlone || env["PYTHONNOUSERSITE"] !== undefined ? [] : userSites(env, version)),
    ...(base === null ? [] : sitesIn(base, version)),
  ];
  const versions = new Map<string, string>();
  for (const folder of new Set(folders.map(realOf)))
    for (const [name, found] of packagesIn(folder)) if (!versions.has(name)) versions.set(name, found);
  for (const [name, found] of ofConda(prefix)) if (!versions.has(name)) versions.set(name, found);
  const sorted = [...versions].sort(([left], [right]) => (left < right ? -1 : 1));
  return { prefix, ...(version !== null && { python: version }), versions: Object.fromEntries(sorted) };
}

function realOf(folder: string): string {
  return unlessRefused(() => realpathSync(folder), folder);
}

interface VenvSettings {
  readonly version: string | null;
  /** True where the packages of the system are seen too. */
  readonly seesSystem: boolean;
  /** The root of the Python that made it. */
  readonly base: string | null;
}

/** The settings of a venv (PEP 405); null for another environment. */
function venvSettings(prefix: string): VenvSettings | null {
  const text = textOf(join(prefix, "pyvenv.cfg"));
  if (text === null) return null;
  const values = new Map(
    text.split("\n").map((line) => {
      const [key = "", ...rest] = line.split("=");
      return [key.trim().toLowerCase(), rest.join("=").trim()];
    }),
  );
  const home = values.get("home");
  return {
    version: shortVersion(values.get("version") ?? values.get("version_info") ?? ""),
    seesSystem: values.get("include-system-site-packages")?.toLowerCase() === "true",
    base: home === undefined ? null : dirname(home),
  };
}

function shortVersion(text: string): string | null {
  return /^\d+\.\d+/.exec(text)?.[0] ?? null;
}

const LIBRARY = /^python(\d+\.\d+)t?$/;

/** Of an environment with one library folder, as venvs and conda have. */
function versionIn(prefix: string): string | null {
  const found = namesIn(join(prefix, "lib")).flatMap((name) => LIBRARY.exec(name)?.[1] ?? []);
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** `/usr/bin/python3` is a link to `python3.11`. */
function versionOf(python: string): string | null {
  const name = unlessRefused(() => basename(readlinkSync(python)), basename(python));
  return /^python(\d+\.\d+)/.exec(name)?.[1] ?? null;
}

/** The folders of packages below a root; Debian calls those of the system dist-packages. */
function sitesIn(prefix: string, version: string | null): string[] {
  const roots = prefix === "/usr" ? ["/usr/local", "/usr"] : [prefix];
  return roots.flatMap((root) =>
    ["lib", "lib64"].flatMap((library) => {
      const names = namesIn(join(root, library)).filter(
        (name) =>
          name === "python3" ||
          (LIBRARY.test(name) && (version === null || name.startsWith(`python${version}`))),
      );
      return names.flatMap((name) =>
        ["site-packages", "dist-packages"].map((site) => join(root, library, name, site)),
      );
    }),
  );
}

function userSites(env: Variables, version: string | null): string[] {
  const home = env["HOME"];
  if (home === undefined || version === null) return [];
  const base = env["PYTHONUSERBASE"] ?? join(home, ".local");
  return [join(base, "lib", `python${version}`, "site-packages")];
}

const DISTRIBUTION = /^([^~].*)-([^-]+)\.dist-info$/;
const EGG = /^([^~].*?)-([^-]+)(?:-py[\d.]+)?\.egg-info$/;

function packagesIn(folder: string): [name: string, version: string][] {
  return namesIn(folder).flatMap((entry): [string, string][] => {
    const [, name, version] = DISTRIBUTION.exec(entry) ?? EGG.exec(entry) ?? [];
    if (name === undefined || version === undefined) return [];
    return [[normalized(name), `${version}${originOf(join(folder, entry))}`]];
  });
}

/** Where a package comes from that is from no index (PEP 610): its version alone would not tell which code it has. */
function originOf(distribution: string): string {
  const text = textOf(join(distribution, "direct_url.json"));
  const found = text === null ? null : parseJson(directUrl, text);
  if (found === null) return "";
  const { url, vcs_info, dir_info } = found;
  if (vcs_info?.commit_id !== undefined) return ` (git ${vcs_info.commit_id.slice(0, 7)})`;
  const path = url.replace(/^file:\/\//, "");
  return dir_info === undefined ? "" : ` (${dir_info.editable === true ? "editable, " : ""}${path})`;
}

/** The packages of conda, which need not be of Python. */
function ofConda(prefix: string): [name: string, version: string][] {
  return namesIn(join(prefix, "conda-meta")).flatMap((entry): [string, string][] => {
    const [, name, version] = /^(.+)-([^-]+)-[^-]+\.json$/.exec(entry) ?? [];
    return name === undefined || version === undefined ? [] : [[normalized(name), version]];
  });
}

/** As PEP 503 has it. */
function normalized(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

function namesIn(folder: string): string[] {
  return unlessRefused(() => readdirSync(folder), []);
}
