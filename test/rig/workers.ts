import { resolve } from "node:path";

const PROGRAM = resolve("test/fixtures/home-worker.ts");

/** What a worker has to do on its home; see the fixture. */
export type Work = readonly [verb: "lock" | "reserve" | "ensure" | "publish" | "claim", argument?: string];

/** A process of its own that works on a home when it is told to; killed at the end. */
export class Worker implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  private constructor(home: string, work: Work) {
    this.#child = Bun.spawn([process.execPath, PROGRAM, home, ...work.map((word) => word ?? "")], {
      stdin: "pipe",
      stdout: "pipe",
    });
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Starts a worker and waits until it is ready to begin. */
  static async ready(home: string, work: Work): Promise<Worker> {
    const worker = new Worker(home, work);
    await worker.answer();
    return worker;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Tells it to begin, or to go on. */
  go(word = "go"): void {
    void this.#child.stdin.write(`${word}\n`);
    void this.#child.stdin.flush();
  }

  /** The next thing that it tells. */
  async answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done === true)
      throw new Error(`the worker ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
    return JSON.parse(value) as unknown;
  }

  /** Begins and gives the outcome. */
  async outcome(): Promise<unknown> {
    this.go();
    return this.answer();
  }

  /** Waits for its end: the exit code, or the signal. */
  async ended(): Promise<number | string> {
    const code = await this.#child.exited;
    return this.#child.signalCode ?? code;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Lets several workers begin at once, each with its own piece; gives what they tell, in their order. */
export async function race(home: string, works: readonly Work[]): Promise<unknown[]> {
  await using stack = new AsyncDisposableStack();
  const workers = await Promise.all(works.map((work) => Worker.ready(home, work)));
  for (const worker of workers) stack.use(worker);
  for (const worker of workers) worker.go();
  return await Promise.all(workers.map((worker) => worker.answer()));
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
