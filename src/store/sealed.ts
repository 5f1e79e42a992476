/**
 * The text of a file that can be made again, with a hash: what a power cut left of it, or somebody made of it, is told from what was
 * written.
 */
export function sealed(json: string): string {
  return `${hashOf(json)}\n${json}\n`;
}

/** What was sealed; null for any other text. Nobody else writes such a file, so that nothing more of it is checked. */
export function unsealed(text: string): unknown {
  const [hash = "", json = ""] = text.split("\n");
  return hash === hashOf(json) ? JSON.parse(json) : null;
}

function hashOf(text: string): string {
  return Bun.hash(text).toString(36);
}
