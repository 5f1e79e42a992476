import { Database } from "bun:sqlite";

/** Files as trackers write them. */

/** A field of protobuf with a length. */
export const lengthField = (number: number, content: Buffer | string): Buffer => {
  const body = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
};
const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(Math.floor(value / 128))]);

const BLOCK = 32 * 1_024;

/** A `.wandb` file of some records: LevelDB's log with a header of its own. */
export function wandbFile(records: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from(":W&B\xe1\xbe\0", "latin1")];
  let at = 7;
  const put = (part: Buffer): void => {
    parts.push(part);
    at += part.length;
  };
  for (const record of records) {
    let rest = record;
    let isFirst = true;
    do {
      if (BLOCK - (at % BLOCK) < 7) put(Buffer.alloc(BLOCK - (at % BLOCK)));
      const room = BLOCK - (at % BLOCK) - 7;
      const piece = rest.subarray(0, room);
      rest = rest.subarray(room);
      const isLast = rest.length === 0;
      const type = isFirst ? (isLast ? 1 : 2) : isLast ? 4 : 3;
      const typed = Buffer.concat([Buffer.from([type]), piece]);
      const head = Buffer.alloc(6);
      head.writeUInt32LE(Bun.hash.crc32(typed));
      head.writeUInt16LE(piece.length, 4);
      put(Buffer.concat([head, typed]));
      isFirst = false;
    } while (rest.length > 0);
  }
  return Buffer.concat(parts);
}

/** A record of a history (2), a summary (3) or a config (5), with the texts of JSON by name. */
export function wandbItems(type: 2 | 3 | 5, values: Readonly<Record<string, string>>): Buffer {
  const items = Object.entries(values).map(([name, json]) => {
    const parts = name.split(".");
    const key = parts.length > 1 ? parts.map((part) => lengthField(2, part)) : [lengthField(1, name)];
    return lengthField(1, Buffer.concat([...key, lengthField(16, json)]));
  });
  return lengthField(type, Buffer.concat(items));
}

export const wandbRun = (id: string, project: string): Buffer =>
  lengthField(17, Buffer.concat([lengthField(1, id), lengthField(3, project)]));
export const wandbExit = (code: number): Buffer =>
  lengthField(18, Buffer.concat([Buffer.from([8]), varint(code)]));

/** Makes MLflow's database, as far as it is read, with a run for each attempt. */
export function mlflowDatabase(
  path: string,
  runs: readonly {
    readonly attempt: string;
    readonly metrics: Readonly<Record<string, number>>;
    readonly params?: Readonly<Record<string, string>>;
    readonly isDeleted?: true;
  }[],
): void {
  using database = new Database(path, { create: true });
  database.run(`CREATE TABLE "runs" (run_uuid VARCHAR(32) PRIMARY KEY, status VARCHAR(9), start_time BIGINT,
    lifecycle_stage VARCHAR(20))`);
  database.run(`CREATE TABLE "tags" ("key" VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32),
    PRIMARY KEY ("key", run_uuid))`);
  database.run(`CREATE TABLE "params" ("key" VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32))`);
  database.run(`CREATE TABLE "latest_metrics" ("key" VARCHAR(250), value FLOAT NOT NULL, timestamp BIGINT,
    step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32))`);
  for (const [index, { attempt, metrics, params = {}, isDeleted }] of runs.entries()) {
    const id = `run${index}`;
    const stage = isDeleted === true ? "deleted" : "active";
    database.run("INSERT INTO runs VALUES (?, 'FINISHED', ?, ?)", [id, index, stage]);
    database.run("INSERT INTO tags VALUES ('stint.attempt', ?, ?)", [attempt, id]);
    for (const [key, value] of Object.entries(params))
      database.run("INSERT INTO params VALUES (?, ?, ?)", [key, value, id]);
    for (const [key, value] of Object.entries(metrics))
      database.run("INSERT INTO latest_metrics VALUES (?, ?, 0, 0, ?, ?)", [
        key,
        Number.isNaN(value) ? 0 : value,
        Number.isNaN(value) ? 1 : 0,
        id,
      ]);
  }
}
