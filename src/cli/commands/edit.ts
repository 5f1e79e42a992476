import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { homePath } from "../../desk/home.ts";
import { findTask } from "../../desk/select.ts";
import { decodeTaskText, MAX_TEXT_BYTES } from "../../intake/task-text.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { withFile } from "../../lib/regular-file.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Edit, edited } from "../../model/edit.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import type { Task } from "../../model/task.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { editorText, faultLine, hasNoKey, readEditorText, withFaults } from "../edited-text.ts";
import { setVerbInstead } from "../key-hints.ts";
import { changeTask } from "../task-edits.ts";

const MODE = 0o600;

export const verb = declareVerb({
  operands: [
    {
      name: "TASK",
      count: "one",
      help: "a number, id, name or @",
      completes: { eligible: ({ status }) => status.state !== "completed" },
    },
  ],
  flags: {},
  insteadOf: setVerbInstead,
  notes:
    "The editor is $VISUAL, else $EDITOR, else vi. Of a running task, priority, labels and a longer timeout can be changed.",
  run: ({ context, operands: [reference = ""] }) => edit(context, reference),
});

/**
 * Opens a task in an editor and takes over what comes back, once it has no faults.
 *
 * The text is in a private folder. It is removed at the end, but where it was changed and not taken: then the error says where it is.
 */
async function edit(context: Context, reference: string): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const found = findTask(home.value, reference);
  if (!found.ok) return found.error;
  const task = found.value;
  const mayChange = edited(task, { spec: task.spec, labels: task.metadata.labels });
  if (!mayChange.ok) return mayChange.error;
  const made = tryFs("write a file for the editor", () => {
    // The folder is made with mode 0700: some editors keep copies beside the file.
    const file = join(mkdtempSync(join(tmpdir(), "stint-edit-")), `${task.metadata.id}.yaml`);
    writeFileSync(file, editorText(context, task), { mode: MODE });
    return file;
  });
  if (!made.ok) return made.error;
  const path = made.value;
  const written = await editText(context, task, path);
  if (!written.ok) return written.error;
  const drop = (): void => rmSync(dirname(path), { recursive: true, force: true });
  if (written.value === null) {
    drop();
    context.err("stint: nothing was changed\n");
    return EXIT.done;
  }
  const wanted = written.value;
  const refused = await changeTask(context, home.value, {
    task,
    editFor: (latest) => (isSameText(latest, task) ? ok(wanted) : err(changedMeanwhile(latest))),
  });
  if (refused !== null) {
    const latest = refused.code === "VERSION_CONFLICT" ? findTask(home.value, task.metadata.id) : refused;
    return kept("ok" in latest && latest.ok ? changedMeanwhile(latest.value) : refused, path);
  }
  drop();
  return EXIT.done;
}

/** Has a text edited until it has no faults; null for no change. */
async function editText(context: Context, task: Task, path: string): Promise<Result<Edit | null, Problem>> {
  const first = readFileSync(path, "utf8");
  for (let before = first; ; ) {
    const failed = await openEditor(context, path);
    const read = tryFs(`read ${path}`, () => decodeTaskText(withFile(path, readBounded)));
    if (failed !== null) return err(isStill(first, read) ? unchanged(failed, path) : kept(failed, path));
    if (!read.ok) return read;
    if (!read.value.ok) return err(kept(unreadable(task, read.value.error), path));
    const text = read.value.value;
    if (text === first || hasNoKey(text)) return ok(null);
    const taken = readEditorText(context, task, text);
    if (taken.ok) return taken;
    // Left as it was with the faults on top, or there is no person to correct it.
    if (text === before || !context.isTerminal) {
      const message = `Cannot change "${task.metadata.id}": ${taken.error.map((one) => faultLine(one)).join("; ")}`;
      return err(kept(problem("INVALID_TASK_FILE", message), path));
    }
    before = withFaults(text, task, taken.error);
    writeFileSync(path, before, { mode: MODE });
  }
}

type TextRead = Result<ReturnType<typeof decodeTaskText>, Problem>;

function isStill(first: string, read: TextRead): boolean {
  return read.ok && read.value.ok && read.value.value === first;
}

/** An editor that failed and changed nothing, or did not start, leaves no text to keep. */
function unchanged(of: Problem, path: string): Problem {
  rmSync(dirname(path), { recursive: true, force: true });
  return { ...of, message: `${of.message}; nothing was changed` };
}

/** Bytes that are not UTF-8 would be replaced, and make another command of it. */
function unreadable({ metadata: { id } }: Task, why: string): Problem {
  return problem("INVALID_TASK_FILE", `Cannot change "${id}" to the text of the editor: ${why}`);
}

function readBounded(file: number): Uint8Array {
  return readAtMost(file, MAX_TEXT_BYTES);
}

function isSameText(latest: Task, { spec, metadata }: Task): boolean {
  return Bun.deepEquals(latest.spec, spec) && Bun.deepEquals(latest.metadata.labels, metadata.labels);
}

function changedMeanwhile({ metadata: { id }, status: { state } }: Task): Problem {
  const message = `Cannot change "${id}": it was changed while you edited it, and is ${state} now`;
  return problem("VERSION_CONFLICT", message);
}

function kept(of: Problem, path: string): Problem {
  return { ...of, hint: [of.hint, `your text is in ${path}`].filter(Boolean).join("; ") };
}

/** Runs the editor as git(1) does: a shell reads its words. `env` takes variables before them, and both become the editor. */
async function openEditor(context: Context, path: string): Promise<Problem | null> {
  const { VISUAL: visual = "", EDITOR: fallback = "" } = context.env;
  const editor = [visual, fallback, "vi"].find((one) => one.trim() !== "") ?? "vi";
  let child: Bun.Subprocess | null = null;
  // Before the start: a signal in between would end stint alone. The terminal sends an interrupt to the editor too; whether that ends it
  // is up to the editor.
  const stopHeeding = context.onSignal((signal) => {
    if (signal !== "SIGINT") child?.kill(signal);
  });
  child = Bun.spawn(["/bin/sh", "-c", `exec env ${editor} "$@"`, editor, path], {
    env: context.env,
    cwd: context.cwd,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  const exitCode = await child.exited;
  stopHeeding();
  const { signalCode } = child;
  if (exitCode === 0) return null;
  const end = signalCode === null ? `ended with code ${exitCode}` : `was ended by ${signalCode}`;
  return problem("USAGE", `Cannot edit the task: the editor "${editor}" ${end}, wanted code 0`);
}
