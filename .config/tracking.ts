import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Runs the tests of trackers and launchers with all of their packages, from PyPI, in an environment of their own that is kept for the next
 * time. It takes minutes, and is no part of the gate.
 */

const PACKAGES = [
  "mlflow==3.17.2",
  "wandb==0.31.0",
  "tensorboard==2.21.0",
  "tensorboardX==2.6.5",
  "jupyterlab==4.6.6",
  "submitit==1.5.4",
  "hydra-core==1.3.8",
  "hydra-submitit-launcher==1.2.0",
  "optuna==5.0.0",
  "tqdm==4.70.1",
];
/** With `STINT_TEST_PYTHON` or `STINT_TEST_TRACKING` in their text. */
const TESTS = "test/{e2e,run,daemon,desk}/**/*.test.ts";
const USES = /rig\/python\.ts/;

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const key = Bun.hash(PACKAGES.join(" ")).toString(36);
const folder = join(cache, "stint-tests", `tracking-${key}`);
const python = join(folder, "bin", "python");
/** Written once all packages are there. */
const done = join(folder, "done");

function run(...command: string[]): number {
  return Bun.spawnSync(command, { stdio: ["ignore", "inherit", "inherit"], env: environment() }).exitCode;
}

function environment(): Record<string, string | undefined> {
  return { ...process.env, STINT_TEST_PYTHON: python, STINT_TEST_TRACKING: "1" };
}

if (!existsSync(done)) {
  const isMade =
    run("python3", "-m", "venv", "--clear", folder) === 0 &&
    run(python, "-m", "pip", "install", "--quiet", ...PACKAGES) === 0;
  if (!isMade) {
    console.error("tracking: not tested: the packages could not be installed; is PyPI reached from here?");
    process.exit(1);
  }
  await Bun.write(done, PACKAGES.join("\n"));
}
const files: string[] = [];
for await (const path of new Bun.Glob(TESTS).scan())
  if (USES.test(await Bun.file(path).text())) files.push(`./${path}`);
process.exit(run(process.execPath, "test", "--timeout=600000", "--max-concurrency=1", ...files.toSorted()));
