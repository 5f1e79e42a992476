import { expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/run/container.ts";
import { sweepContainers } from "../../src/run/container-removal.ts";
import { IMAGE, PodmanStint, podman, preparePodman } from "../rig/podman.ts";
import { Stint, until } from "../rig/stint.ts";

const refusal = preparePodman();
const sweepOf = (home: string) => ({ home, supervisor: "present", kept: ["stint-kept"] });

test.each([
  ["name=value", (supervisor: string) => `stint.home=/h,stint.holder=${supervisor},stint.task=t`],
  [
    "name:value in a map",
    (supervisor: string) => `map[stint.holder:${supervisor} stint.home:/h stint.task:t]`,
  ],
])(
  "the removal of stale containers keeps those of the present supervisor, with labels as %s",
  async (_shape, labels) => {
    await using stint = new Stint();
    const listed = [
      `stint-new ${labels("present")}`,
      `stint-kept ${labels("earlier")}`,
      `stint-left ${labels("earlier")}`,
    ];
    const engine: Engine = { name: "podman", path: join(stint.root, "engine") };
    const removed = join(stint.root, "removed");
    const told = (): string => (existsSync(removed) ? readFileSync(removed, "utf8") : "");
    const script = `#!/bin/sh\ncase $1 in\n  ps) printf '%s\\n' '${listed.join("' '")}' ;;\n  rm) echo "$@" >>${removed} ;;\nesac\n`;
    writeFileSync(engine.path, script);
    chmodSync(engine.path, 0o700);
    sweepContainers(engine, sweepOf("/h"), { PATH: "/usr/bin:/bin" });
    await until("it has swept", () => told().endsWith("\n"));
    expect(told()).toBe("rm -f -v stint-left\n");
  },
);

test.skipIf(refusal !== null)(
  `the removal of stale containers works with a real engine (${refusal ?? "with podman"})`,
  async () => {
    await using stint = new PodmanStint();
    const make = (name: string, supervisor: string): string => {
      const labels = ["--label", `stint.home=${stint.home}`, "--label", `stint.holder=${supervisor}`];
      expect(podman("create", "--name", name, "--network=none", ...labels, IMAGE, "sh").code).toBe(0);
      return name;
    };
    const unique = `stint-${Bun.randomUUIDv7()}`;
    const [fresh, kept] = [make(`${unique}-new`, "present"), make(`${unique}-kept`, "earlier")];
    make(`${unique}-left`, "earlier");
    const engine: Engine = { name: "podman", path: Bun.which("podman") ?? "" };
    sweepContainers(engine, { home: stint.home, supervisor: "present", kept: [kept] }, stint.env);
    await until("what was left is gone", () => stint.containers("-a").length < 3);
    expect(stint.containers("-a").toSorted()).toEqual([fresh, kept].toSorted());
  },
);
