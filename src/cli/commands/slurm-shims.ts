import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { homePath } from "../../desk/home.ts";
import { asLines } from "../../lib/printable.ts";
import { uuid } from "../../lib/random.ts";
import { shellWord, withoutComments } from "../../lib/shell-text.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { SRUN } from "../../run/slurm.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import sbatchText from "../sh/sbatch.sh" with { type: "text" };

/** In each program that is written, so that no other one is overwritten. */
const MARK = "# Written by stint slurm-shims.";

export const verb = declareVerb({
  operands: [{ name: "DIR", count: "one", help: "the folder for the programs", completes: "folders" }],
  flags: { force: { help: "overwrite programs that stint did not write" } },
  notes:
    "Writes sbatch, srun, squeue, sacct, scancel and scontrol, which work on this home, for programs that know Slurm: submitit, Hydra's submitit launcher, scripts. Put DIR before the others on PATH. See `stint help launchers`.",
  run: ({ context, flags, operands: [folder = ""] }) =>
    write(context, resolve(context.cwd, folder), flags.force === true),
});

/** The programs, by their names. */
function programs({ self, env, cwd, userHome }: Context): Readonly<Record<string, string>> {
  const settings = `stint=${shellWord(self)} home=${shellWord(homePath({ env, cwd, userHome }))}`;
  const calling = (name: string, before = ""): string =>
    `${settings}\n${before}"$stint" slurm-program --home "$home" ${name} -- "$@"\n`;
  return {
    sbatch: `${settings}\n${withoutComments(sbatchText)}\n`,
    srun: SRUN.replace(/^#!.*\n/, ""),
    squeue: calling("squeue", "exec "),
    sacct: calling("sacct", "exec "),
    scancel: calling("scancel", "exec "),
    // A job that requeues itself is asked to end, this program with it, before it has its answer.
    scontrol: calling("scontrol", "trap '' TERM\n"),
  };
}

function write(context: Context, folder: string, isForced: boolean): Ended {
  const made = Object.entries(programs(context));
  const foreign = made
    .map(([name]) => join(folder, name))
    .find((path) => existsSync(path) && !readFileSync(path, "latin1").includes(MARK));
  if (foreign !== undefined && !isForced)
    return problem(
      "ALREADY_EXISTS",
      `Cannot write the programs: ${foreign} exists, and stint did not write it`,
      "choose an empty folder, or overwrite it with --force",
    );
  const written = tryFs(`write ${folder}`, () => {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of made) {
      const staged = join(folder, `.${name}.${uuid()}`);
      writeFileSync(staged, `#!/bin/sh\n${MARK}\n${text}`);
      chmodSync(staged, 0o755);
      renameSync(staged, join(folder, name));
    }
  });
  if (!written.ok) return written.error;
  context.out(asLines(made.map(([name]) => join(folder, name))));
  return EXIT.done;
}
