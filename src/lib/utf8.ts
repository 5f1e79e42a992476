import { err, ok, type Result } from "./result.ts";

const NEWLINE = 0x0a;

/**
 * Decodes UTF-8 strictly, and keeps a byte order mark: bytes that are not UTF-8 would be replaced, and make another text of it. The error
 * is a clause with the line.
 */
export function decodeUtf8(bytes: Uint8Array): Result<string, string> {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return err("it is UTF-16 text, wanted UTF-8");
  const text = decoded(bytes);
  return text === null ? err(`line ${faultyLine(bytes)} is not UTF-8 text`) : ok(text);
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** In UTF-8, no byte of another character is a newline. */
function faultyLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0 || decoded(bytes.subarray(start, end)) === null) return line;
    start = end + 1;
  }
}
