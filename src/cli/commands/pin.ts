import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { checksumOf } from "../../desk/pin.ts";
import { renderDiagnostic } from "../../intake/diagnostic.ts";
import { type PinPlace, pinnableIn, withEdits } from "../../intake/pin.ts";
import { asLines } from "../../lib/printable.ts";
import { uuid } from "../../lib/random.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { readNamedText } from "../named-text.ts";

export const verb = declareVerb({
  operands: [{ name: "FILE", count: "some", help: "task files or schedules", completes: "taskFiles" }],
  flags: { dryRun: { help: "print what would be written, and change no file" } },
  notes:
    "Reads the data sets of task files and writes their sha256 into these. All else in a file stays as it is. See stint help datasets.",
  run: ({ context, flags, operands: files }) => {
    for (const file of files) {
      const pinned = pinFile(context, file, flags.dryRun === true);
      context.progressLine("");
      if (!pinned.ok) return pinned.error;
      context.out(asLines(pinned.value));
    }
    return EXIT.done;
  },
});

/** Pins one file, or changes nothing; returns what it says of its data sets. */
function pinFile(context: Context, file: string, isDry: boolean): Result<string[], Problem> {
  const text = readNamedText(context, file);
  if (!text.ok) return text;
  const readContext = {
    file,
    defaultCwd: context.cwd,
    home: context.userHome,
    nowMs: context.clock.now(),
  };
  const found = pinnableIn(text.value, readContext);
  if (!found.ok) {
    const refused = problem("INVALID_TASK_FILE", `Cannot pin "${file}": it was not changed`);
    return err({ ...refused, faults: found.error.map(renderDiagnostic).join("\n\n") });
  }
  const { places, others } = found.value;
  const digests: string[] = [];
  for (const { name, path } of places) {
    const digest = checksumOf(path, (fraction) =>
      context.progressLine(`reading ${name} ${Math.floor(fraction * 100)} %`),
    );
    if (!digest.ok) return digest;
    digests.push(digest.value);
  }
  const edits = places.flatMap(({ current, edit }, index) =>
    current === digests[index] ? [] : [edit(digests[index] ?? "")],
  );
  const edited = withEdits(text.value, edits);
  // Whatever the layout of the file was: the tasks in it must have these checksums now, and all of them.
  const again = pinnableIn(edited, readContext);
  if (!again.ok || again.value.places.some(({ current }, index) => current !== digests[index]))
    return err(
      problem(
        "INVALID_TASK_FILE",
        `Cannot pin "${file}": its layout has no place for a checksum, it was not changed`,
      ),
    );
  if (edits.length > 0 && !isDry) {
    const written = replace(resolve(context.cwd, file), edited);
    if (!written.ok) return written;
  }
  const told = [
    ...places.map((place, index) => lineOf(place, digests[index] ?? "")),
    ...others.map((name) => `${name}: its checksum is not in this file, left as it is`),
  ];
  return ok(told.length === 0 ? [`${file}: has no datasets`] : told);
}

function lineOf({ name, current }: PinPlace, digest: string): string {
  if (current === digest) return `${name}: sha256 ${digest}, as it was`;
  return `${name}: sha256 ${digest}${current === null ? "" : `, was ${current}`}`;
}

/** Replaces a file with a rename; its mode stays, and a link to it too. */
function replace(path: string, text: string): Result<void, Problem> {
  return tryFs(`write "${path}"`, () => {
    const real = realpathSync(path);
    const staged = `${real}.${uuid()}`;
    try {
      writeFileSync(staged, text, { flag: "wx" });
      chmodSync(staged, statSync(real).mode);
      renameSync(staged, real);
    } finally {
      rmSync(staged, { force: true });
    }
  });
}
