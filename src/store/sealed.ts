/**
 * Seals the text of a cache file with a hash, by which a reader detects what a power cut or a person changed.
 */
export function sealed(json: string): string {
  return `${hashOf(json)}\n${json}\n`;
}

/** The sealed JSON; null for any other text. Only stint writes these files, so the shape is not checked. */
export function unsealed(text: string): unknown {
  const [hash = "", json = ""] = text.split("\n");
  return hash === hashOf(json) ? JSON.parse(json) : null;
}

function hashOf(text: string): string {
  return Bun.hash(text).toString(36);
}
