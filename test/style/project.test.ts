import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import manifest from "../../package.json";

const pinned = manifest.config.bun;
const lock = readFileSync("bun.lock", "utf8");

describe("package.json", () => {
  test("pins the Bun that runs this", () => {
    expect(Bun.version).toBe(pinned);
  });

  test("names the version of Bun in one place, where both README commands read it", () => {
    const text = readFileSync("package.json", "utf8");
    expect(text.split(`"${pinned}"`)).toHaveLength(2);
    expect(text).not.toMatch(/bun@\d/);
    for (const script of [manifest.scripts.start, manifest.scripts.test]) {
      expect(script).toStartWith("npm exec --yes --package=bun@$npm_package_config_bun -- bun run ");
    }
  });

  test("asks for exact versions, and bun.lock has the same", () => {
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(wanted.filter(([name, version]) => !lock.includes(`"${name}": "${version}"`))).toEqual([]);
  });
});

describe("the top level", () => {
  const allowed = [
    "package.json",
    "tsconfig.json",
    "bun.lock",
    "src",
    "templates",
    "test",
    "README.md",
    "LICENSE",
  ];

  test("holds the allowed files only; tools are configured in .config/", () => {
    const made = ["node_modules", "dist"];
    const names = readdirSync(".").filter((name) => !name.startsWith(".") && !made.includes(name));
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test("has a lock file that names no registry", () => {
    expect(lock).not.toContain("://");
  });
});
