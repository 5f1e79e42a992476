import { readFileSync } from "node:fs";
import type { BunPlugin } from "bun";

/**
 * What commander loads at its head for what no verb here has (subcommands that are executables of their own, characters of
 * a terminal inside a help text), and what stands for it. These modules cost a quick verb more than all the rest of commander.
 */
const HEADS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "command.js": {
    "import childProcess from 'node:child_process';": "const childProcess = undefined;",
    "import { stripVTControlCharacters } from 'node:util';":
      "const stripVTControlCharacters = Bun.stripANSI;",
  },
  "help.js": {
    "import { stripVTControlCharacters } from 'node:util';":
      "const stripVTControlCharacters = Bun.stripANSI;",
  },
};

/** Takes these lines out of commander; throws, and so ends the build, where a commander does not have them just so. */
export const leanCommander: BunPlugin = {
  name: "lean-commander",
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/commander\/lib\/[^/]+\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const [line, instead] of Object.entries(HEADS[path.slice(path.lastIndexOf("/") + 1)] ?? {})) {
        if (contents.split(`${line}\n`).length !== 2)
          throw new Error(`Cannot make commander lean: ${path} has not the line "${line}" once`);
        contents = contents.replace(line, instead);
      }
      const left = /^import .*'(node:(?!events|path|fs|process)[^']+)'/m.exec(contents);
      if (left !== null) throw new Error(`Cannot make commander lean: ${path} loads ${left[1]}`);
      return { contents, loader: "js" };
    });
  },
};
