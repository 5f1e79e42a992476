import { writeFileSync } from "node:fs";
import { replayed } from "../test/rig/console.ts";
import { allPages } from "../test/rig/pages.ts";

/** Writes into the README and the pages of the help what their console blocks show on the built executable. */
for (const page of allPages()) {
  const text = await replayed(page);
  if (text !== page.text) writeFileSync(page.path, text);
}
