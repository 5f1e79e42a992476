import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32c } from "../../../src/lib/crc32c.ts";
import { scalarsUnder } from "../../../src/run/tensorboard/event-files.ts";
import { fc } from "../../rig/fast-check.ts";

/** A length-delimited field of protobuf. */
const bytes = (number: number, content: Buffer | string): Buffer => {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(body.length), body]);
};
const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(Math.floor(value / 128))]);
const float = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
};
const masked = (of: Uint8Array): Buffer => {
  const crc = crc32c(of);
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return buffer;
};
const record = (payload: Buffer): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(payload.length));
  return Buffer.concat([length, masked(length), payload, masked(payload)]);
};
const event = (step: number, value: Buffer): Buffer =>
  record(
    Buffer.concat([
      Buffer.from([9]),
      Buffer.alloc(8),
      Buffer.from([16]),
      varint(step),
      bytes(5, bytes(1, value)),
    ]),
  );
const scalar = (tag: string, step: number, value: number): Buffer =>
  event(step, Buffer.concat([bytes(1, tag), Buffer.from([21]), float(value)]));
/** As `tf.summary.scalar` writes it. */
const tensor = (tag: string, step: number, value: number): Buffer =>
  event(
    step,
    Buffer.concat([
      bytes(1, tag),
      bytes(8, Buffer.concat([Buffer.from([8, 1]), bytes(2, ""), bytes(4, float(value))])),
    ]),
  );

const HEAD = record(bytes(3, "brain.Event:2"));

const lengthRecord = (length: bigint, payload: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, masked(head), payload]);
};

describe("the last values of TensorBoard's scalars", () => {
  function read(files: Readonly<Record<string, Buffer>>, prepare: (folder: string) => void = () => {}) {
    const folder = mkdtempSync(join(tmpdir(), "stint-test-"));
    try {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
      prepare(folder);
      return scalarsUnder(folder, ["code"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const FILE = "events.out.tfevents.1.host";

  test("are those of the highest steps, in both forms, as decimals", () => {
    const file = Buffer.concat([
      HEAD,
      scalar("acc", 2, 0.9),
      scalar("acc", 1, 0.5),
      tensor("loss", 300, 0.1),
      scalar("bad", 1, Number.NaN),
    ]);
    expect(read({ [FILE]: file })).toEqual({ acc: 0.9, loss: 0.1, bad: "nan" });
  });

  test("are named by their runs where there are several, and those of the code are left out", () => {
    const one = Buffer.concat([HEAD, scalar("loss", 1, 1)]);
    const files = {
      [`artifacts/tb/train/${FILE}`]: one,
      [`artifacts/tb/val/${FILE}`]: one,
      [`code/${FILE}`]: one,
    };
    const found = read(files, (folder) => symlinkSync(join(folder, "artifacts"), join(folder, "again")));
    expect(found).toEqual({ "train/loss": 1, "val/loss": 1 });
  });

  test("end where the file is cut off, and pass over a damaged record and one of megabytes", () => {
    const first = Buffer.concat([HEAD, scalar("a", 1, 1)]);
    const whole = Buffer.concat([first, scalar("a", 2, 2)]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (end) => {
        const expected = end === whole.length ? { a: 2 } : end >= first.length ? { a: 1 } : {};
        expect(read({ [FILE]: whole.subarray(0, end) })).toEqual(expected);
      }),
    );
    const damaged = scalar("a", 3, 3);
    damaged[20] = 0xff;
    const large = record(Buffer.alloc(6_000_000));
    expect(read({ [FILE]: Buffer.concat([first, damaged, large, scalar("b", 1, 4)]) })).toEqual({
      a: 1,
      b: 4,
    });
  });

  test("end at a length that is damaged, also where its checksum is right", () => {
    const first = Buffer.concat([HEAD, scalar("a", 1, 1)]);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (length) => {
        const file = Buffer.concat([first, lengthRecord(length, Buffer.alloc(64))]);
        expect(read({ [FILE]: file })).toEqual({ a: 1 });
      }),
    );
    fc.assert(
      fc.property(fc.nat(first.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const spoilt = Buffer.from(first);
        spoilt[at] = (spoilt[at] ?? 0) ^ by;
        expect([{}, { a: 1 }]).toContainEqual(read({ [FILE]: spoilt }));
      }),
    );
  });

  test("of a file larger than 1 GiB are those of its first GiB, which is told", () => {
    const folder = mkdtempSync(join(tmpdir(), "stint-test-"));
    try {
      writeFileSync(join(folder, FILE), Buffer.concat([HEAD, scalar("a", 1, 1)]));
      truncateSync(join(folder, FILE), 1_024 ** 3 + 1);
      const said: string[] = [];
      expect(scalarsUnder(folder, [], (sentence) => said.push(sentence))).toEqual({ a: 1 });
      expect(said).toEqual([expect.stringContaining("is larger than 1 GiB")]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("are none in any other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(read({ [FILE]: Buffer.from(any) })).toEqual({});
        // With the right checksums, too.
        expect(Object.keys(read({ [FILE]: record(Buffer.from(any)) })).length).toBeLessThan(2);
      }),
    );
  });
});

test("crc32c() is that of RFC 3720", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});
