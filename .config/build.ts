import { mkdirSync, renameSync, rmSync } from "node:fs";
import manifest from "../package.json";

/**
 * Builds `dist/stint`.
 *
 * Bytecode with a top-level `await` needs the esm format; splitting keeps what a verb imports late out of the start of the
 * others; full minification would break code that looks at names. The code of a start runs once, and machine code for it
 * would be made in vain: until a verb begins its work (cli/app.ts), the engine is so many times slower to compile. The last
 * two flags matter for safety: without them the executable obeys a `bunfig.toml` and a `.env` in whatever directory it is
 * called from, and a `preload` there is foreign code.
 */
const FLAGS = [
  "--compile",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--sourcemap=linked",
  "--minify-whitespace",
  "--minify-syntax",
  "--compile-jit-policy=30",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

if (Bun.version !== manifest.config.bun) {
  console.error(
    `Cannot build with Bun "${Bun.version}": the flags were proven with ${manifest.config.bun}; use npm start or npm test, which bring it`,
  );
  process.exit(2);
}

// Built aside and renamed into place: a supervisor may be running the executable that stands there, and the source maps
// beside it (their content is inside as well) bear a new name in every build.
const aside = `dist/.build-${process.pid}`;
mkdirSync(aside, { recursive: true });
try {
  const build = Bun.spawnSync(
    [process.execPath, "build", ...FLAGS, "src/main.ts", `--outfile=${aside}/stint`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (build.success) renameSync(`${aside}/stint`, "dist/stint");
  else console.error(build.stdout.toString());
  process.exitCode = build.exitCode;
} finally {
  rmSync(aside, { recursive: true });
}
