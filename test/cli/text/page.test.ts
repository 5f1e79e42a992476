import { describe, expect, test } from "bun:test";
import { TOPICS } from "../../../src/cli/help/topics.ts";
import { renderPage } from "../../../src/cli/text/page.ts";

const PAGE = `# Title: of the page

Prose with \`short code\`, \`longer code that is wrapped\`, **strong words**, a [link](https://x.org)
and a second line.

<!-- hidden -->
## Heading

- one item
  that goes on
- another

\`\`\`sh
stint ls --a-long-line-that-is-never-wrapped-at-the-width
\`\`\`

| Key   | Meaning                                     |
| ----- | ------------------------------------------- |
| \`key\` | a meaning that wraps in its cell, with \`a\\|b\` |
`;

describe("a page", () => {
  test("is laid out for a pipe without marks of Markdown", () => {
    expect(renderPage(PAGE, { columns: 40, hasColor: false })).toBe(`Title: of the page

  Prose with \`short code\`, \`longer code
  that is wrapped\`, strong words, a link
  (https://x.org) and a second line.

Heading

  - one item that goes on
  - another

    stint ls --a-long-line-that-is-never-wrapped-at-the-width

  Key  Meaning
  ---  ---------------------------------
  key  a meaning that wraps in its cell,
       with \`a|b\`
`);
  });

  test("on a terminal shows code and headings in bold", () => {
    const shown = renderPage("# One\n\nsee `stint ls`\n", { columns: 40, hasColor: true });
    expect(Bun.stripANSI(shown)).toBe("One\n\n  see stint ls\n");
    expect(shown).not.toBe(Bun.stripANSI(shown));
  });

  test("makes a paragraph of a row where its columns would be too narrow", () => {
    const table =
      "| Key | Meaning | Default |\n| --- | --- | --- |\n| `cwd` | the folder in which it runs | the current one, where you submit |\n";
    expect(renderPage(table, { columns: 32, hasColor: false })).toBe(`  cwd
    Meaning: the folder in which
    it runs
    Default: the current one,
    where you submit
`);
  });

  test.each([60, 80, 120])(
    "of each topic is no wider than a terminal of %d columns, but for its code",
    (columns) => {
      const lines = Object.values(TOPICS).flatMap((page) =>
        renderPage(page.replaceAll(/^```[\s\S]*?^```/gm, ""), { columns, hasColor: false }).split("\n"),
      );
      expect(lines.filter((line) => Bun.stringWidth(line) > columns)).toEqual([]);
    },
  );
});
