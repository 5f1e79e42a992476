import { expect, test } from "bun:test";
import { replayed } from "../rig/console.ts";
import { allPages, blocksOf } from "../rig/pages.ts";

const pages = allPages().filter((page) => blocksOf(page).some(({ language }) => language === "console"));

test.each(pages)("$path shows what its commands show", async (page) => {
  // `bun run pages` writes it.
  expect(await replayed(page)).toBe(page.text);
});
