import { readdirSync, readFileSync } from "node:fs";

/** A text that users read: the README, or a page of the help. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A block of code of a page; or a comment that begins with `run`, whose commands prepare what the next blocks show. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The number of its first line in the page. */
  readonly line: number;
}

/** Every page, in the order of their paths. */
export function allPages(): Page[] {
  const topics = readdirSync("templates/help", { recursive: true, encoding: "utf8" });
  const paths = topics.filter((name) => name.endsWith(".md")).map((name) => `templates/help/${name}`);
  return ["README.md", ...paths.toSorted()].map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

const BLOCK = /^```(\w+)\n([\s\S]*?)^```$|^<!-- (run)\n([\s\S]*?)^-->$/gm;

/** The blocks of a page, in their order. */
export function blocksOf({ text }: Pick<Page, "text">): Block[] {
  return [...text.matchAll(BLOCK)].map(({ 0: whole, 1: language, 2: code, 3: run, 4: commands, index }) => ({
    language: language ?? run ?? "",
    text: code ?? commands ?? "",
    line: text.slice(0, index + whole.indexOf("\n")).split("\n").length + 1,
  }));
}

/** The name of the file that a block shows, which its first line says: `# night.yaml`. */
export function fileOf({ text }: Block): string | null {
  return /^(?:#!.*\n)?# ([\w./-]+\.\w+)\n/.exec(text)?.[1] ?? null;
}

/** A command of a console block with what it shows; a line that begins with `> ` belongs to the command. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

export function stepsOf({ text }: Block): Step[] {
  return text
    .split(/^\$ /m)
    .filter((part) => part !== "")
    .map((part) => {
      const [, command = "", output = ""] = /^(.*\n(?:> .*\n)*)([\s\S]*)$/.exec(part) ?? [];
      return { command: command.replaceAll(/^> /gm, ""), output };
    });
}
