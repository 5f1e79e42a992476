/** A field of a message in the wire format of protobuf: a varint, eight or four bytes, or bytes with a length. */
export type WireField =
  | { readonly number: number; readonly type: "varint"; readonly value: bigint }
  | { readonly number: number; readonly type: "fixed64" | "fixed32" | "bytes"; readonly bytes: Buffer };

/** The fields of a message in their order; ends early where the bytes are no message. */
export function* wireFields(message: Buffer): Generator<WireField> {
  let at = 0;
  while (at < message.length) {
    const tag = varintAt(message, at);
    if (tag === null) return;
    at = tag.end;
    const number = Number(tag.value >> 3n);
    const wire = Number(tag.value & 7n);
    if (wire === 0) {
      const varint = varintAt(message, at);
      if (varint === null) return;
      at = varint.end;
      yield { number, type: "varint", value: varint.value };
      continue;
    }
    const length = wire === 1 ? { value: 8n, end: at } : wire === 5 ? { value: 4n, end: at } : null;
    const sized = wire === 2 ? varintAt(message, at) : length;
    if (sized === null || BigInt(sized.end) + sized.value > BigInt(message.length)) return;
    at = sized.end + Number(sized.value);
    const type = wire === 1 ? "fixed64" : wire === 5 ? "fixed32" : "bytes";
    yield { number, type, bytes: message.subarray(sized.end, at) };
  }
}

/** A varint of at most ten bytes, and where it ends. */
function varintAt(bytes: Buffer, start: number): { value: bigint; end: number } | null {
  let value = 0n;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return null;
}
