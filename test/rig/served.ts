import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deadline } from "./patience.ts";
import { Stint, until } from "./stint.ts";

interface Asked {
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly yaml?: string;
}

/** A home with the real server on it. */
export class Served extends Stint {
  #server: Bun.Subprocess<Uint8Array, "pipe", "pipe"> | null = null;
  /** `http://127.0.0.1:N`, or `unix:PATH`. */
  address = "";

  /** Starts a home with its server, and waits until it serves. */
  static async start(...args: string[]): Promise<Served> {
    const served = new Served();
    await served.serve(...args);
    return served;
  }

  /** Starts the server, and waits until it serves. */
  async serve(...args: string[]): Promise<Bun.Subprocess<Uint8Array, "pipe", "pipe">> {
    const place = args.includes("--socket") || args.includes("--port") ? [] : ["--port", "0"];
    const child = this.start(["serve", ...place, ...args]);
    this.#server = child;
    await until("the server serves", () => this.#told(child.pid) !== null || child.exitCode !== null);
    if (child.exitCode !== null)
      throw new Error(`stint serve ended with ${child.exitCode}: ${await new Response(child.stderr).text()}`);
    this.address = this.#told(child.pid) ?? "";
    return child;
  }

  /** Waits for a server that another process has started; gives its pid. */
  async beside(): Promise<number> {
    await until("a server serves", () => this.#tells() !== null);
    const told = this.#tells();
    this.address = told?.address ?? "";
    return told?.pid ?? 0;
  }

  get server(): Bun.Subprocess<Uint8Array, "pipe", "pipe"> {
    if (this.#server === null) throw new Error("no server was started");
    return this.#server;
  }

  get port(): number {
    return Number(new URL(this.address).port);
  }

  #told(pid: number): string | null {
    const told = this.#tells();
    return told?.pid === pid ? told.address : null;
  }

  #tells(): { readonly pid: number; readonly address: string } | null {
    try {
      return JSON.parse(readFileSync(join(this.home, "serve.json"), "utf8")) as {
        pid: number;
        address: string;
      };
    } catch {
      return null;
    }
  }

  token(name = "serve-token"): string {
    return readFileSync(join(this.home, name), "utf8").trim();
  }

  /** Asks the API; with the full token, unless another is given. */
  async ask(path: string, { method, token, headers, json, yaml }: Asked = {}): Promise<Response> {
    const isUnix = this.address.startsWith("unix:");
    const body = json === undefined ? yaml : JSON.stringify(json);
    const type = json === undefined ? "application/yaml" : "application/json";
    const known = token === undefined ? this.token() : token;
    return fetch(`${isUnix ? "http://localhost" : this.address}${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      ...(isUnix && { unix: this.address.slice("unix:".length) }),
      ...(body !== undefined && { body }),
      headers: {
        ...(known !== null && { authorization: `Bearer ${known}` }),
        ...(body !== undefined && { "content-type": type }),
        ...headers,
      },
    });
  }

  /** Asks the API for JSON. */
  async json(path: string, asked: Asked = {}): Promise<Record<string, unknown>> {
    const answer = await this.ask(path, asked);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Sends bytes as they are, and gives what comes back until the server closes, or `isEnough`. */
  async raw(
    sent: string | Uint8Array,
    isEnough = (text: string): boolean => text.includes("\r\n\r\n"),
  ): Promise<string> {
    let text = "";
    let isClosed = false;
    let left = Buffer.from(sent);
    const send = (to: Bun.Socket): void => {
      left = left.subarray(Math.max(0, to.write(left)));
    };
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: this.port,
      socket: {
        data: (_socket, data) => void (text += data.toString("latin1")),
        drain: send,
        close: () => void (isClosed = true),
        error: () => void (isClosed = true),
      },
    });
    send(socket);
    const limit = deadline();
    while (!isClosed && !isEnough(text)) {
      if (limit.isOver()) throw new Error(`waited in vain for an answer: ${text}`);
      await Bun.sleep(5);
    }
    socket.terminate();
    return text;
  }

  /** The head of a request with the full token. */
  head(line: string, ...headers: string[]): string {
    return `${[line, `Authorization: Bearer ${this.token()}`, ...headers].join("\r\n")}\r\n\r\n`;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.kill("SIGKILL");
    await this.#server?.exited;
    await super[Symbol.asyncDispose]();
  }
}
