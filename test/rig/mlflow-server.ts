interface Run {
  readonly info: { run_id: string; experiment_id: string; status: string; end_time?: number };
  readonly tags: Record<string, string>;
}

/** The part of the REST API of MLflow that stint uses, in memory. */
export class MlflowServerStandIn implements AsyncDisposable {
  readonly experiments: string[] = [];
  readonly runs: Run[] = [];
  /** The paths that were asked for, without what all have in common. */
  readonly asked: string[] = [];
  readonly authorizations = new Set<string | null>();
  /** Searches for runs wait for it. */
  searching: Promise<void> = Promise.resolve();
  #begun = 0;
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: async (request) => {
        const { pathname, searchParams } = new URL(request.url);
        const path = pathname.replace("/api/2.0/mlflow/", "");
        this.asked.push(path);
        this.authorizations.add(request.headers.get("authorization"));
        const body = request.method === "POST" ? await request.json() : Object.fromEntries(searchParams);
        if (path === "runs/search") await this.searching;
        return this.#answer(path, body as Record<string, never>);
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** As the client of a job begins a run. */
  begin(experiment: string, tags: Record<string, string>, status = "RUNNING"): Run {
    const run = {
      info: { run_id: `r${this.#begun++}`, experiment_id: experiment, status },
      tags,
    };
    this.runs.push(run);
    return run;
  }

  #answer(path: string, body: Record<string, never>): Response {
    switch (path) {
      case "experiments/get-by-name": {
        const at = this.experiments.indexOf(body["experiment_name"] ?? "");
        return at === -1
          ? Response.json({ error_code: "RESOURCE_DOES_NOT_EXIST", message: "none" }, { status: 404 })
          : Response.json({ experiment: { experiment_id: String(at) } });
      }
      case "experiments/create":
        if (this.experiments.includes(body["name"] ?? ""))
          return Response.json({ error_code: "RESOURCE_ALREADY_EXISTS" }, { status: 400 });
        return Response.json({ experiment_id: String(this.experiments.push(body["name"] ?? "") - 1) });
      case "experiments/search":
        return Response.json({
          experiments: this.experiments.map((_, at) => ({ experiment_id: String(at) })),
        });
      case "runs/create": {
        const tags = (body["tags"] ?? []) as { key: string; value: string }[];
        const named = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
        return Response.json({ run: this.begin(body["experiment_id"] ?? "", named) });
      }
      case "runs/search": {
        const [, tag = "", value] = /^tags\.`(.*)` = '(.*)'$/.exec(body["filter"] ?? "") ?? [];
        return Response.json({ runs: this.runs.filter(({ tags }) => tags[tag] === value) });
      }
      case "runs/delete":
        this.runs.splice(
          this.runs.findIndex(({ info }) => info.run_id === body["run_id"]),
          1,
        );
        return Response.json({});
      case "runs/update": {
        const run = this.runs.find(({ info }) => info.run_id === body["run_id"]);
        Object.assign(run?.info ?? {}, { status: body["status"], end_time: body["end_time"] });
        return Response.json({ run_info: run?.info });
      }
      default:
        return new Response("no such path", { status: 404 });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}
