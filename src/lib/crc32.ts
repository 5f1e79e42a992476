/** The CRC-32 of some bytes, that of gzip and zlib, as an unsigned number. */
export function crc32(bytes: Uint8Array): number {
  return Bun.hash.crc32(bytes);
}
