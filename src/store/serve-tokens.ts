import { errnoOf } from "../lib/errno.ts";
import { readPrivateFile } from "../lib/private-file.ts";
import { secret } from "../lib/random.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { createFile } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** The tokens of a home's server: a program that has one may do what its user may. */
export interface ServeTokens {
  /** Allows all; null where the server only reads. */
  readonly full: string | null;
  readonly read: string;
}

const TOKEN_BYTES = 32;
const TOKEN_PATTERN = /^[\w-]{43,}$/;

/** Reads the tokens, and makes those that are missing; a file that others can read, or that is no token, is refused. */
export function serveTokens(layout: Layout): Result<{ full: string; read: string }, Problem> {
  const full = tokenIn(layout.serveToken);
  if (!full.ok) return full;
  const read = tokenIn(layout.serveReadToken);
  return read.ok ? ok({ full: full.value, read: read.value }) : read;
}

function tokenIn(path: string): Result<string, Problem> {
  const made = tryFs("make a token", () => makeToken(path));
  if (!made.ok) return made;
  const text = readPrivateFile(path);
  if (!text.ok) return err(refused(path, text.error));
  const token = text.value.trim();
  if (!TOKEN_PATTERN.test(token))
    return err(
      refused(path, "it has no token of 43 letters, digits, - and _ or more; remove it for a new one"),
    );
  return ok(token);
}

function makeToken(path: string): void {
  try {
    createFile(path, `${secret(TOKEN_BYTES)}\n`);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

function refused(path: string, why: string): Problem {
  return problem("HOME_UNUSABLE", `Cannot use the token "${path}": ${why}`);
}
