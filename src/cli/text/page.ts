import { renderCells } from "./page-table.ts";
import { type Style, styleFor } from "./style.ts";
import { wrapped } from "./wrap.ts";

/** How a page is laid out. */
export interface PageLayout {
  readonly columns: number;
  readonly hasColor: boolean;
}

/** Longer lines are hard to read. */
const MAX_COLUMNS = 100;
/** Stands for the blanks of short code, such as a command, which is kept on one line. */
const GLUE = "\u00a0";
const MAX_GLUED = 24;
/** Headings stand at the margin, and text is indented, as in a man page: a heading is told from text without colours too. */
const INDENT = "  ";

type Block =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "item"; readonly mark: string; readonly text: string }
  | { readonly kind: "code"; readonly lines: readonly string[] }
  | { readonly kind: "table"; readonly rows: readonly (readonly string[])[] };

/**
 * Lays out a page of the help for a terminal or a pipe. It knows the Markdown that the pages use: headings, paragraphs, lists of one
 * level, fenced code, tables, `code`, **bold** and links. Comments are left out.
 */
export function renderPage(markdown: string, { columns, hasColor }: PageLayout): string {
  const style = styleFor(hasColor);
  const width = Math.min(columns, MAX_COLUMNS) - INDENT.length;
  const blocks = blocksOf(markdown.replaceAll(/<!--[\s\S]*?-->\n?/g, ""));
  const shown = blocks.map((block) => renderBlock(block, { style, width }));
  return shown
    .map((lines, index) => {
      const isTight = blocks[index]?.kind === "item" && blocks[index - 1]?.kind === "item";
      const gap = index === 0 || isTight ? "" : "\n";
      return `${gap}${lines.join("\n")}\n`;
    })
    .join("")
    .replaceAll(GLUE, " ");
}

function renderBlock(
  block: Block,
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  const indented = (lines: readonly string[]): string[] =>
    lines.map((line) => (line === "" ? "" : `${INDENT}${line}`));
  switch (block.kind) {
    case "heading":
      return wrapped(block.text.replaceAll("`", ""), width + INDENT.length).map(style.bold);
    case "paragraph":
      return indented(wrapped(inline(block.text, style), width));
    case "item": {
      const hang = " ".repeat(block.mark.length + 1);
      const lines = wrapped(inline(block.text, style), width - hang.length);
      return indented(lines.map((line, index) => `${index === 0 ? `${block.mark} ` : hang}${line}`));
    }
    case "code":
      return indented(indented(block.lines));
    case "table":
      return indented(
        renderCells(
          block.rows.map((row) => row.map((cell) => inline(cell, style))),
          { width, style },
        ),
      );
  }
}

function blocksOf(markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const takeWhile = (isOfBlock: (line: string) => boolean): string[] => {
    const start = at;
    while (at < lines.length && isOfBlock(lines[at] ?? "")) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const item = /^(-|\d+\.) (.*)$/.exec(line);
    if (line.trim() === "") at += 1;
    else if (line.startsWith("```")) {
      at += 1;
      blocks.push({ kind: "code", lines: takeWhile((one) => !one.startsWith("```")) });
      at += 1;
    } else if (line.startsWith("|")) {
      blocks.push({ kind: "table", rows: rowsOf(takeWhile((one) => one.startsWith("|"))) });
    } else if (line.startsWith("#")) {
      at += 1;
      blocks.push({ kind: "heading", text: line.replace(/^#+ /, "") });
    } else if (item !== null) {
      at += 1;
      const [, mark = "", first = ""] = item;
      const rest = takeWhile((one) => /^\s+\S/.test(one));
      blocks.push({ kind: "item", mark, text: [first, ...rest.map((one) => one.trim())].join(" ") });
    } else blocks.push({ kind: "paragraph", text: takeWhile(isProse).join(" ") });
  }
  return blocks;
}

function isProse(line: string): boolean {
  return line.trim() !== "" && !/^(```|\||#+ |- |\d+\. )/.test(line);
}

/** The cells of a table without its second line, which only rules it. */
function rowsOf(lines: readonly string[]): string[][] {
  const isRule = /^[|\s:-]+$/;
  return lines
    .filter((line) => !isRule.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );
}

/** Without colours, code keeps its backticks: in a sentence, the words of a command could not be told from the rest. */
function inline(text: string, style: Style): string {
  const isPlain = style.bold("") === "";
  const strong = (words: string): string => words.split(" ").map(style.bold).join(" ");
  const prose = (part: string): string =>
    part
      .replaceAll(/\[([^\]]+)\]\(https?:([^)]+)\)/g, "$1 (https:$2)")
      .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")
      .replaceAll(/\*\*(.+?)\*\*/g, (_, words: string) => strong(words));
  // Where it is all, as in the first column of a table, there is nothing to tell it from.
  if (/^`[^`]+`$/.test(text)) return strong(text.slice(1, -1));
  return text
    .split("`")
    .map((part, index) => {
      if (index % 2 === 0) return prose(part);
      const code = part.length > MAX_GLUED ? part : part.replaceAll(" ", GLUE);
      return isPlain ? `\`${code}\`` : strong(code);
    })
    .join("");
}
