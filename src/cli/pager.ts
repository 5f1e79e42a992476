import { printable } from "../lib/printable.ts";
import type { Context } from "./context.ts";

/** As git(1): end at once where all fits the screen, show colours, and leave the text on the screen. */
const LESS_OPTIONS = "FRX";

/** Shows a long text: on a terminal through $PAGER, else less(1); elsewhere, and where there is no pager, as it is. */
export function showPage(context: Context, text: string): void {
  const { PAGER: pager = "less", LESS: options = LESS_OPTIONS } = context.env;
  const isPaged = context.isTerminal && pager !== "" && pager !== "cat";
  if (!isPaged || !isShownBy(pager, { context, text, options })) context.out(text);
}

/** A shell that does not find the program ends with this (POSIX, 2.8.2). */
const NOT_FOUND = 127;

function isShownBy(
  pager: string,
  { context, text, options }: { readonly context: Context; readonly text: string; readonly options: string },
): boolean {
  // An interrupt is for the pager; without a listener it would end this process, and leave the pager alone with the terminal.
  context.onSignal(() => {});
  const { exitCode } = Bun.spawnSync(["/bin/sh", "-c", pager], {
    env: { ...context.env, LESS: options },
    cwd: context.cwd,
    stdin: Buffer.from(printable(text)),
    stdout: "inherit",
    stderr: "inherit",
  });
  return exitCode !== NOT_FOUND;
}
