import { resolve } from "node:path";
import { homePath } from "../../desk/home.ts";
import { oneLine } from "../../lib/printable.ts";
import { openHome } from "../../store/home.ts";
import { type Place, placeAfter, type Typed, wordsFor } from "../command-line/candidates.ts";
import { type Completes, type OfferedWord, visible } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { VERBS, verbNamed } from "../verbs.ts";
import { Objects } from "./objects.ts";
import { quotedWord, shellWords } from "./shell-words.ts";

/** What a shell completes by itself. */
type Paths = Extract<Completes, "files" | "taskFiles" | "folders">;

function isPaths(completes: Completes): completes is Paths {
  return completes === "files" || completes === "taskFiles" || completes === "folders";
}

/**
 * Answers the completion script of a shell (`cli/sh/`). The first line says what can stand in the place of the last word: `words`, which
 * follow, each with a tab before its meaning; `files`, `taskFiles` or `folders`; or `command N`, where the words from N on are a
 * command of their own. bash passes its line and the part of the last word that it replaces, and gets this part, quoted.
 */
export async function complete(
  context: Context,
  [shell = "", , ...given]: readonly string[],
): Promise<string> {
  const [line = "", replaced = ""] = given;
  const { words, last } = shellWords(line);
  const typed = shell === "bash" ? words.slice(1) : given;
  const cut = typed.indexOf("--");
  const place = await placeOf({ before: typed.slice(0, -1), current: typed.at(-1) ?? "" });
  if (place === "command") return `command ${cut + 1}\n`;
  const paths = place.completes.find(isPaths);
  if (paths !== undefined) return `${paths}\n`;
  const offers = await offersFor(context, place, cut < 0 ? typed : typed.slice(0, cut));
  if (shell !== "bash") return answer(offers.map(([word, meaning]) => `${word}\t${oneLine(meaning)}`));
  const stays = shellWords(line.slice(last.start, line.length - replaced.length)).words[0]?.length ?? 0;
  const current = typed.at(-1) ?? "";
  const parts = offers.flatMap(([word]) => (word.startsWith(current) ? [word.slice(stays)] : []));
  const quoted = parts.flatMap((part) => quotedWord(part) ?? []);
  // Within quotes, only what needs none.
  return answer(last.quote === "" ? quoted : quoted.filter((part) => parts.includes(part)));
}

function answer(lines: readonly string[]): string {
  return ["words", ...lines].map((line) => `${line}\n`).join("");
}

async function placeOf({ before, current }: Typed): Promise<Place | "command"> {
  const start = homeWords(before);
  const [name, ...rest] = before.slice(start);
  if (name === undefined && before.length >= start && !current.startsWith("-")) return verbPlace(current);
  const [topic = ""] = rest;
  // After `help VERB`, its subcommands.
  if (name === "help" && verbNamed(topic) !== null) return placeOf({ before: rest, current });
  // Without a verb, the flags are those of `ls`.
  const isListing = name === undefined || name.startsWith("-");
  const found = verbNamed(isListing ? "ls" : name);
  if (found === null) return wordsFor(current, []);
  const typed = { before: [...found.flags, ...(isListing ? before : rest)], current };
  return placeAfter((await found.listed.load()).verb, typed);
}

function verbPlace(current: string): Place {
  const shown = visible(VERBS);
  return wordsFor(
    current,
    shown.map(([name, { summary }]): OfferedWord => [name, summary]),
    shown.flatMap(([, { summary, aliases = [], withFlags = {} }]) =>
      [...aliases, ...Object.keys(withFlags)].map((other): OfferedWord => [other, summary]),
    ),
  );
}

/** The words that a place can have, each once, with what stays before them. */
async function offersFor(context: Context, place: Place, typed: readonly string[]): Promise<OfferedWord[]> {
  const home = place.completes.length === 0 ? null : openHome(homePath(atHome(context, typed)));
  const objects = home?.ok === true ? new Objects(home.value, await pausedReader(place)) : null;
  const named = place.completes.flatMap((one) => objects?.offers(one, place.typed) ?? []);
  const offers = new Map<string, string>();
  for (const [word, meaning] of [...place.words, ...named]) {
    // A word that a terminal cannot show is not offered.
    if (!offers.has(word) && oneLine(word) === word) offers.set(word, meaning);
  }
  return [...offers].map(([word, meaning]): OfferedWord => [place.kept + word, meaning]);
}

/** Reads whether a schedule is paused; the reader of YAML is loaded where that is asked alone. */
async function pausedReader({ completes }: Place): Promise<(text: string) => boolean | null> {
  if (!completes.some((one) => one === "firingSchedules" || one === "pausedSchedules")) return () => null;
  return (await import("../../intake/schedule-edit.ts")).pausedIn;
}

/** How many words a `--home` before the verb takes. */
function homeWords([word = ""]: readonly string[]): number {
  return word === "--home" ? 2 : word.startsWith("--home=") ? 1 : 0;
}

/** The context with the home that the line names. */
function atHome(context: Context, typed: readonly string[]): Context {
  const at = typed.findIndex((word) => homeWords([word]) > 0);
  const word = typed[at];
  const named = word === "--home" ? typed[at + 1] : word?.slice("--home=".length);
  if (named === undefined || named === "") return context;
  // The shell passes the word as it was typed.
  const path = named.startsWith("~/") ? `${context.userHome}${named.slice(1)}` : named;
  return { ...context, env: { ...context.env, STINT_HOME: resolve(context.cwd, path) } };
}
