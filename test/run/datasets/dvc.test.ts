import { expect, test } from "bun:test";
import { dvcOutputIn } from "../../../src/run/datasets/dvc.ts";

const MD5 = "71cef54cc30a058b18115947d09c62df";

/** As DVC 3.67.1 writes them. */
test.each([
  [
    "- md5: MD5.dir\n  size: 0\n  nfiles: 1\n  hash: md5\n  path: im\n",
    { md5: `${MD5}.dir`, path: "im", isPlain: true },
  ],
  ["- md5: MD5\n  size: 1\n  hash: md5\n  path: ü 😀.bin\n", { md5: MD5, path: "ü 😀.bin", isPlain: true }],
  [
    `- md5: MD5\n  size: 2\n  hash: md5\n  path: "odd name's: #1"\n`,
    { md5: MD5, path: "odd name's: #1", isPlain: true },
  ],
  ["- md5: MD5\n  path: 'it''s'\n", { md5: MD5, path: "it's", isPlain: false }],
])("the output of a file of DVC is read: %j", (output, found) => {
  const text = `wdir: .\nouts:\n${output.replace("MD5", MD5)}meta:\n  md5: none\n`;
  expect(dvcOutputIn(text)).toEqual(found);
});

test.each([
  "",
  "outs:\n",
  "outs: []\n",
  `outs:\n- md5: ${MD5}\n`,
  "outs:\n- md5: short\n  path: a\n",
  `outs:\n- md5: ${MD5}\n  path: a\n- md5: ${MD5}\n  path: b\n`,
  `stages:\n  train:\n    outs:\n    - md5: ${MD5}\n      path: a\n`,
  "\0\0",
])("what names no single output is none: %j", (text) => {
  expect(dvcOutputIn(text)).toBeNull();
});
