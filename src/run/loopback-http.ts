/** What a server of this machine answered. */
export interface HttpAnswer {
  readonly status: number;
  /** At most `MAX_ANSWER_BYTES` with the head; a longer one, or one that did not end in time, is cut. */
  readonly body: string;
}

export interface HttpQuestion {
  /** On 127.0.0.1. */
  readonly port: number;
  /** With its query, as `/api/status`. */
  readonly path: string;
  /** Sent as `Authorization: Bearer`, so that it stands in no log of requests. */
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

/** Answers to a probe are short; a server may stream for ever. */
const MAX_ANSWER_BYTES = 64 * 1_024;

/**
 * Sends a GET to 127.0.0.1 and reads the answer; a text that says what happened where there is none. `fetch` would go through the proxy
 * that the environment names, and keep its connection, which then looks like that of a user.
 */
export async function getFromLoopback(question: HttpQuestion): Promise<HttpAnswer | string> {
  const { port, path, token, timeoutMs } = question;
  const lines = [
    `GET ${encodedPath(path)} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Accept: */*",
    "Connection: close",
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
  ];
  const said = await exchange({ port, send: `${lines.join("\r\n")}\r\n\r\n`, timeoutMs });
  if (typeof said === "string") return said;
  return answerOf(said.bytes) ?? notHttp(said);
}

/** Connects to a port of 127.0.0.1 and closes the connection; null where that went well, else what happened. */
export async function connectToLoopback(port: number, timeoutMs: number): Promise<string | null> {
  const said = await exchange({ port, send: null, timeoutMs });
  return typeof said === "string" ? said : null;
}

interface Said {
  readonly bytes: Buffer;
  readonly isLate: boolean;
}

interface Exchange {
  readonly port: number;
  /** Null to hang up once connected. */
  readonly send: string | null;
  readonly timeoutMs: number;
}

function exchange({ port, send, timeoutMs }: Exchange): Promise<Said | string> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    let isConnected = false;
    let isOver = false;
    let hangUp = () => {};
    const end = (said: Said | string) => {
      isOver = true;
      clearTimeout(timer);
      resolve(said);
      hangUp();
    };
    const timer = setTimeout(() => {
      end(isConnected ? { bytes, isLate: true } : `no connection within ${timeoutMs} ms`);
    }, timeoutMs);
    const connecting = Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => {
          isConnected = true;
          hangUp = () => socket.terminate();
          // Connected after the time limit.
          if (isOver) hangUp();
          else if (send === null) end({ bytes, isLate: false });
          else socket.write(send);
        },
        data: (_, chunk) => {
          bytes = Buffer.concat([bytes, chunk]);
          if (bytes.length > MAX_ANSWER_BYTES || isWhole(bytes)) end({ bytes, isLate: false });
        },
        close: () => end({ bytes, isLate: false }),
        error: (_, error) => end(wordFor(error)),
        connectError: (_, error) => end(wordFor(error)),
      },
    });
    // `connectError` has told of it.
    connecting.catch((error: unknown) => end(wordFor(error)));
  });
}

function wordFor(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
  return code === "ECONNREFUSED" ? "nothing listens" : `no connection (${code})`;
}

/** A path as a request line can hold it: a line break in it would begin a header. */
function encodedPath(path: string): string {
  const { pathname, search } = new URL(`http://127.0.0.1${path.startsWith("/") ? "" : "/"}${path}`);
  return `${pathname}${search}`;
}

interface Head {
  readonly status: number;
  /** In bytes; null where the answer ends with the connection. */
  readonly length: number | null;
  readonly isChunked: boolean;
  readonly body: Buffer;
}

function headOf(bytes: Buffer): Head | null {
  const end = bytes.indexOf("\r\n\r\n");
  const head = bytes.toString("latin1", 0, Math.max(0, end));
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1];
  if (status === undefined) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return {
    status: Number(status),
    length: length === undefined ? null : Number(length),
    isChunked: /\r\ntransfer-encoding:[^\r]*chunked/i.test(head),
    body: bytes.subarray(end + 4),
  };
}

/** True where nothing more of the answer can come; a server may keep the connection although it was asked to close it. */
function isWhole(bytes: Buffer): boolean {
  const head = headOf(bytes);
  if (head === null) return false;
  if (head.status === 204 || head.status === 304) return true;
  if (head.isChunked) return head.body.subarray(-5).equals(LAST_CHUNK);
  return head.length !== null && head.body.length >= head.length;
}

const LAST_CHUNK = Buffer.from("0\r\n\r\n");

function answerOf(bytes: Buffer): HttpAnswer | null {
  const head = headOf(bytes);
  if (head === null) return null;
  const body = head.isChunked ? withoutChunks(head.body) : head.body;
  return { status: head.status, body: body.toString() };
}

/** The data of a chunked body (RFC 9112, 7.1), as far as it came. */
function withoutChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = lineEnd < 0 ? 0 : Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function notHttp({ bytes, isLate }: Said): string {
  if (bytes.length > 0) return "an answer that is no HTTP";
  return isLate ? "a connection, and no answer in time" : "a connection that was closed without an answer";
}
