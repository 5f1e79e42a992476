import { jsonIn } from "./check.ts";

/** A string of JSON, or one of the words that Python writes for a number that is not finite. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const MEASURES: Readonly<Record<string, string>> = {
  NaN: '"nan"',
  Infinity: '"inf"',
  "-Infinity": '"-inf"',
};

/**
 * The data of JSON text in which a bare NaN or Infinity is read as the text "nan", "inf" or "-inf": Python's json module writes them, and
 * JSON has none. Undefined for any other text.
 */
export function looseJsonIn(text: string): unknown {
  const data = jsonIn(text);
  if (data !== undefined || !/NaN|Infinity/.test(text)) return data;
  return jsonIn(text.replace(WORDS, (word) => MEASURES[word] ?? word));
}
