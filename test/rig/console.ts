import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Block, blocksOf, fileOf, type Page, stepsOf } from "./pages.ts";
import { Stint } from "./stint.ts";

const USER_HOME = "/home/ada";
const HOME = ".local/share/stint";

/**
 * A page with what its commands show on the built executable, in a home of its own; YAML and Python blocks with a name are files
 * there. Where only times, durations, sizes and the like differ, the text stays.
 */
export async function replayed(page: Page): Promise<string> {
  await using session = new Session();
  let text = page.text;
  for (const block of blocksOf(page)) {
    const shown = await session.play(block);
    if (shown !== null && alike(shown) !== alike(block.text)) text = text.replace(block.text, () => shown);
  }
  return text;
}

/** What differs from run to run stands for its kind; widths of columns follow from it. */
function alike(shown: string): string {
  return (
    shown
      .replaceAll(/\b\d+(?:\.\d+)?(?:ms|s|m|h|d)\b(?: \d+(?:ms|s|m|h)\b)*/g, "DURATION")
      .replaceAll(/\b\d{4}-\d\d-\d\d\b/g, "DATE")
      .replaceAll(/(?:DATE[T ])?\b\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?/g, "TIME")
      .replaceAll(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b(?: \d+ \w+)?/g, "DAY")
      .replaceAll(/\b\d+(?:\.\d+)? ?[KMG]i?B\b/g, "SIZE")
      .replaceAll(/\b(pid|process) \d+/g, "$1 N")
      .replaceAll(/\bby \S+ (since\b|\(cli\))/g, "by USER $1")
      // A job that lives for 100 ms is recorded as running, which is a version; what it used is told from one second on.
      .replaceAll(/^ {2}version +\d+$/gm, "  version N")
      .replaceAll(/^ {4}(?:CPU|peak RSS|in the queue before) .*\n/gm, "")
      .replaceAll(/ {2,}/g, "  ")
      .replaceAll(/-{3,}/g, "---")
  );
}

/** A user with a folder of their own, in which the commands of a page run. */
class Session implements AsyncDisposable {
  readonly #stint = new Stint();

  constructor() {
    const bin = join(this.#stint.root, "bin");
    mkdirSync(bin);
    symlinkSync(resolve("dist/stint"), join(bin, "stint"));
  }

  /** Does what a block says; returns a console block as it is shown here, null for others. */
  async play(block: Block): Promise<string | null> {
    const name = ["yaml", "python"].includes(block.language) ? fileOf(block) : null;
    if (name !== null) this.#write(name, block.text);
    if (block.language === "run") await this.#run(block.text);
    if (block.language !== "console") return null;
    let shown = "";
    for (const { command } of stepsOf(block))
      shown += `$ ${command.trimEnd().replaceAll("\n", "\n> ")}\n${await this.#run(command)}`;
    return shown;
  }

  async #run(command: string): Promise<string> {
    const { env, root } = this.#stint;
    const { STINT_HOME: _, ...others } = env;
    const child = Bun.spawn(["bash", "-c", `exec 2>&1\n${command}`], {
      cwd: root,
      env: { ...others, PATH: `${join(root, "bin")}:${env["PATH"]}` },
      stdin: "ignore",
      stdout: "pipe",
    });
    const shown = await new Response(child.stdout).text();
    await child.exited;
    return shown.replaceAll(root, USER_HOME);
  }

  #write(name: string, text: string): void {
    const path = join(this.#stint.root, name === "config.yaml" ? HOME : "", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("stint down --stop-jobs");
    await this.#stint[Symbol.asyncDispose]();
  }
}
