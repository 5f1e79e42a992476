/** What a receiver got. */
export interface Got {
  readonly path: string;
  readonly run: string | null;
  readonly headers: Headers;
  readonly body: string;
}

type Answer = (got: Got, index: number) => Response | Promise<Response>;

/** A web server of this machine that takes notices, and answers as a test says. */
export class Receiver implements AsyncDisposable {
  readonly got: Got[] = [];
  /** The most requests that were open at a time. */
  most = 0;
  #open = 0;
  readonly #server: Bun.Server<undefined>;

  constructor(answer: Answer = () => new Response("ok")) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: async (request) => {
        this.#open += 1;
        this.most = Math.max(this.most, this.#open);
        const { pathname, searchParams } = new URL(request.url);
        const body = await request.text();
        const got = { path: pathname, run: searchParams.get("rid"), headers: request.headers, body };
        this.got.push(got);
        try {
          return await answer(got, this.got.length - 1);
        } finally {
          this.#open -= 1;
        }
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

/** An answer that never comes. */
export function never(): Promise<Response> {
  return new Promise(() => {});
}
