import headless from "@xterm/headless";
import { until } from "./stint.ts";

/** A program on a terminal of its own, and what its screen shows. */
export class TerminalRun implements AsyncDisposable {
  readonly #screen: InstanceType<typeof headless.Terminal>;
  readonly #child: Bun.Subprocess;
  #written = "";

  constructor(
    command: readonly string[],
    options: {
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      readonly columns?: number;
      readonly rows?: number;
    },
  ) {
    const { env, cwd, columns: cols = 80, rows = 24 } = options;
    this.#screen = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1_000 });
    const decoder = new TextDecoder();
    this.#child = Bun.spawn([...command], {
      cwd,
      env: { ...env, TERM: "xterm-256color" },
      terminal: {
        cols,
        rows,
        data: (_, bytes) => {
          this.#written += decoder.decode(bytes, { stream: true });
          this.#screen.write(bytes);
        },
      },
    });
  }

  /** All bytes of its output, as text. */
  get written(): string {
    return this.#written;
  }

  /** True while it shows the screen that full-screen programs use. */
  get isAlternate(): boolean {
    return this.#screen.buffer.active.type === "alternate";
  }

  /** The exit code, once it has ended. */
  get exited(): Promise<number> {
    return this.#child.exited;
  }

  /** The lines that it shows, with those that were scrolled out; without blank ones at the end. */
  get lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? "",
    );
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** Where the cursor is, as an index of `lines` and a column from 0. */
  get cursor(): { readonly row: number; readonly column: number } {
    const { baseY, cursorY, cursorX } = this.#screen.buffer.active;
    return { row: baseY + cursorY, column: cursorX };
  }

  /** Types on its keyboard. */
  type(text: string): void {
    this.#child.terminal?.write(text);
  }

  /** Gives the terminal another size, which sends SIGWINCH. */
  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#child.terminal?.resize(columns, rows);
  }

  /** Sends a signal to the program. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until the screen fulfils a condition. */
  async until(what: string, isTrue: (lines: readonly string[]) => boolean): Promise<void> {
    await until(what, () => isTrue(this.lines), { describe: () => this.lines.join("\n") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#child.terminal?.close();
    this.#screen.dispose();
  }
}
