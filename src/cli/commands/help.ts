import { alternatives } from "../../intake/readers.ts";
import { own } from "../../lib/own.ts";
import { closest } from "../../lib/suggest.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { declareVerb, type Ended, type Verb, visible } from "../command-line/declare.ts";
import { overview } from "../command-line/help.ts";
import type { Context } from "../context.ts";
import { CODES, codePage } from "../help/codes.ts";
import { topicOf } from "../help/topic-of.ts";
import { TOPICS, titleOf } from "../help/topics.ts";
import { helpOf } from "../help/verb-help.ts";
import { showPage } from "../pager.ts";
import { renderPage } from "../text/page.ts";
import type { VERBS, verbNamed } from "../verbs.ts";
import { HINTS } from "../words-of-others.ts";

type Verbs = typeof VERBS;
type Find = typeof verbNamed;

/** The verb `help`; the table of all verbs, of which it is one, is passed in. */
export function helpVerb(verbs: Verbs, find: Find): Verb {
  return declareVerb({
    operands: [
      {
        name: "WORD",
        count: "any",
        help: "a verb, a topic, an error code or a failure code; without it, verbs and topics are listed",
        offers: [
          ...visible(verbs).map(([name, { summary }]) => [name, summary] as const),
          ...Object.entries(TOPICS).map(([name, text]) => [name, titleOf(text)] as const),
          ...CODES.map(([code, meaning]) => [code, meaning] as const),
        ],
      },
    ],
    flags: {},
    run: async ({ context, operands: [word, ...rest] }) => {
      const text =
        word === undefined
          ? overview(verbs, { columns: context.columns(), topics: Object.keys(TOPICS) })
          : await helpOn(word, { context, rest, find });
      if (text === null) return unknown(word ?? "", verbs);
      showPage(context, text);
      return EXIT.done;
    },
  });
}

/** The help on a verb, with the topic of the same name; else on a topic or a code; null where the word is none of these. */
async function helpOn(
  word: string,
  {
    context,
    rest,
    find,
  }: { readonly context: Context; readonly rest: readonly string[]; readonly find: Find },
): Promise<string | null> {
  const layout = { columns: context.columns(), hasColor: context.hasColor };
  const found = find(word);
  const topic = own(TOPICS, found?.name ?? topicOf(word) ?? "");
  const page = topic === undefined ? null : renderPage(topic, layout);
  if (found !== null) {
    const { verb: called } = await found.listed.load();
    const usage = helpOf(found.name, { ...found, verb: called, words: rest, columns: layout.columns });
    return page === null || rest.length > 0 ? usage : `${usage}\n${page}`;
  }
  const code = page === null ? codePage(word) : null;
  return code === null ? page : renderPage(code, layout);
}

function unknown(word: string, verbs: Verbs): Ended {
  const known = HINTS.get(word);
  if (known !== undefined)
    return problem("USAGE", `Cannot show help on "${word}": stint has no verb of that name`, known);
  const words = visible(verbs).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
  const kinds = [words, Object.keys(TOPICS), CODES.map(([code]) => code)];
  const parts = CODES.filter(([code]) => code.split("_").includes(word.toUpperCase())).map(([code]) => code);
  const near = [...new Set([...parts, ...kinds.flatMap((names) => closest(word, names) ?? [])])];
  const hint = /^@|^\d/.test(word)
    ? `about a task: stint show ${word}, stint explain ${word}`
    : near.length === 0
      ? "`stint help` lists verbs and topics"
      : `did you mean ${alternatives(near.map((name) => `\`stint help ${name}\``))}?`;
  return problem("USAGE", `Cannot show help on "${word}": no verb, topic or code has this name`, hint);
}
