import { mkdirSync, renameSync, rmSync } from "node:fs";
import manifest from "../package.json";

if (Bun.version !== manifest.config.bun) {
  console.error(
    `Cannot build with Bun "${Bun.version}": the options were proven with ${manifest.config.bun}; use npm start or npm test, which bring it`,
  );
  process.exit(2);
}

// Built aside and renamed into place: a supervisor may be running the executable that stands there, and the source maps
// beside it (their content is inside as well) bear a new name in every build.
const aside = `dist/.build-${process.pid}`;
mkdirSync(aside, { recursive: true });
try {
  /**
   * Bytecode with a top-level `await` needs the esm format; splitting keeps what a verb imports late out of the start of the
   * others; full minification would break code that looks at names. The code of a start runs once, and machine code for it
   * would be made in vain: until a verb begins its work (cli/app.ts), the engine is so many times slower to compile. Where
   * nothing is loaded by itself matters for safety: else the executable obeys a `bunfig.toml` and a `.env` in whatever
   * directory it is called from, and a `preload` there is foreign code.
   */
  const build = await Bun.build({
    entrypoints: ["src/main.ts"],
    compile: {
      outfile: `${aside}/stint`,
      jitPolicy: 30,
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
    bytecode: true,
    format: "esm",
    splitting: true,
    sourcemap: "linked",
    minify: { whitespace: true, syntax: true },
    throw: false,
  });
  for (const log of build.logs) console.error(log);
  if (build.success) renameSync(`${aside}/stint`, "dist/stint");
  process.exitCode = build.success ? 0 : 1;
} finally {
  rmSync(aside, { recursive: true });
}
