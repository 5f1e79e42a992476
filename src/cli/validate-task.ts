import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Compared, comparedNamed } from "../desk/compared.ts";
import { type TaskCheck, validated } from "../desk/validation.ts";
import { timestamp } from "../lib/clock.ts";
import { EXIT, type Problem } from "../model/errors.ts";
import { openHome } from "../store/home.ts";
import type { Context } from "./context.ts";
import { jsonText } from "./text/json.ts";
import { styleFor } from "./text/style.ts";
import { renderTable } from "./text/table.ts";

/** A number, an id, `@` or an attempt of these: no one calls a task file so. */
const TASK_REFERENCE = /^(?:\d+(?:-[A-Za-z][\w.-]*)?|@(?:~\d+)?)(?:\/\d+)?$/;

/** True for words of the command line that name tasks, and no files. */
export function areTasks(context: Context, words: readonly string[]): boolean {
  return words.every((word) => TASK_REFERENCE.test(word) && !existsSync(resolve(context.cwd, word)));
}

/** Prints what was checked of tasks that ran; fails where something differs. */
export async function validateTasks(
  context: Context,
  path: string,
  { references, json }: { readonly references: readonly string[]; readonly json: boolean },
): Promise<number | Problem> {
  const home = openHome(path);
  if (!home.ok) return home.error;
  const reports: { readonly of: Compared; readonly checks: readonly TaskCheck[] }[] = [];
  for (const reference of references) {
    const of = comparedNamed(home.value, reference);
    if (!of.ok) return of.error;
    reports.push({ of: of.value, checks: await validated(context, home.value, of.value) });
  }
  const differing = reports.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === "differs"));
  if (json) {
    const told = reports.map((report) => inSeedForm(report, context.clock.now()));
    context.out(jsonText(told.length === 1 ? told[0] : told));
  } else context.out(reports.map((report) => inText(context, report)).join("\n"));
  return differing.length > 0 ? EXIT.failed : EXIT.done;
}

interface Report {
  readonly of: Compared;
  readonly checks: readonly TaskCheck[];
}

/** The report as fetch_ml has it: checks by name, and what is wrong in sentences. */
function inSeedForm({ of, checks }: Report, nowMs: number) {
  const { metadata } = of.task;
  const told = (verdict: TaskCheck["verdict"]): string[] =>
    checks.filter((one) => one.verdict === verdict).map((one) => sentence(one));
  return {
    ok: told("differs").length === 0,
    task_id: metadata.id,
    attempt: of.attempt?.number ?? null,
    commit_id: metadata.code?.snapshot ?? metadata.code?.commit ?? null,
    checks: Object.fromEntries(
      checks.map(({ name, verdict, expected, actual }) => [
        name,
        { ok: verdict === "ok", verdict, expected, actual },
      ]),
    ),
    errors: told("differs"),
    warnings: told("unknown"),
    ts: timestamp(nowMs),
  };
}

function sentence({ name, verdict, expected, actual }: TaskCheck): string {
  return verdict === "differs"
    ? `${name}: found ${actual}, wanted ${expected}`
    : `${name} is not known${expected === null ? ", as nothing was recorded" : ""}`;
}

function inText(context: Context, { of, checks }: Report): string {
  const style = styleFor(context.hasColor);
  const { task, attempt } = of;
  const head = `${style.bold(task.metadata.id)}${attempt === null ? "" : `, attempt ${attempt.number}`}\n`;
  const rows = checks.map(({ name, verdict, expected, actual }) => [
    `  ${verdict}`,
    name,
    `expected ${expected ?? "-"}`,
    verdict === "ok" ? "" : `found ${actual ?? "-"}`,
  ]);
  return `${head}${renderTable(rows, { columns: context.columns() })}`;
}
