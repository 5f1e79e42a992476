import { err, ok, type Result } from "../../lib/result.ts";
import { isObject, jsonIn, parseJson } from "../../model/check.ts";
import { ATTEMPT_TAG, SWEEP_TAG } from "../../model/tracker-tags.ts";
import type { MlflowOrder } from "../../model/tracking.ts";
import { SERVER_ANSWERS } from "../../model/tracking-answers.ts";
import type { RunEnd, TrackedRun } from "./ends.ts";

type Variables = Readonly<Record<string, string>>;

/** A server that is down must not delay a start or an end. */
const MAX_MS = 10_000;
const PAGE = 1_000;
/** More experiments are not looked through for the runs of an attempt. */
const MAX_PAGES = 10;

/** A tracking server of MLflow, by its REST API. */
export class MlflowServer {
  readonly #base: string;
  readonly #headers: Variables;
  readonly #checksCertificate: boolean;
  readonly #signal: AbortSignal;

  /** `env` is that of the job, with what it needs to log in. All questions together take at most 10 s. */
  constructor(address: string, env: Variables, maxMs = MAX_MS) {
    this.#base = address.replace(/\/+$/, "");
    this.#headers = loginOf(env);
    this.#checksCertificate = env["MLFLOW_TRACKING_INSECURE_TLS"]?.toLowerCase() !== "true";
    this.#signal = AbortSignal.timeout(maxMs);
  }

  /** Where a person sees an experiment, or a run of it. */
  page(experiment: string, run?: string): string {
    const below = run === undefined ? "" : `/runs/${encodeURIComponent(run)}`;
    return `${this.#base}/#/experiments/${encodeURIComponent(experiment)}${below}`;
  }

  /** The id of an experiment, which is made where it is missing; the error is a clause. */
  async experiment(name: string): Promise<Result<string, string>> {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = await this.#ask("experiment", query);
    if (found.ok) return ok(found.value.experiment.experiment_id);
    if (found.error.code !== "RESOURCE_DOES_NOT_EXIST") return err(found.error.why);
    const made = await this.#ask("created", "experiments/create", { name });
    if (made.ok) return ok(made.value.experiment_id);
    // Another one has made it meanwhile.
    const again = await this.#ask("experiment", query);
    return again.ok ? ok(again.value.experiment.experiment_id) : err(made.error.why);
  }

  /** The id of the run that heads a sweep, which is made where it is missing. */
  async heading(
    experiment: string,
    { sweep, name }: NonNullable<MlflowOrder["parent"]>,
    nowMs: number,
  ): Promise<Result<string, string>> {
    const earlier = await this.#tagged([experiment], { tag: SWEEP_TAG, value: sweep });
    if (!earlier.ok) return earlier;
    const [first] = earlier.value;
    if (first !== undefined) return ok(first.id);
    const tags = [
      { key: SWEEP_TAG, value: sweep },
      { key: "mlflow.runName", value: name },
    ];
    const asked = { experiment_id: experiment, start_time: nowMs, run_name: name, tags };
    const made = await this.#ask("run", "runs/create", asked);
    if (!made.ok) return err(made.error.why);
    const id = made.value.run.info.run_id;
    // Members that started together may each have made one: all take the first.
    const all = await this.#tagged([experiment], { tag: SWEEP_TAG, value: sweep });
    const head = all.ok ? (all.value[0]?.id ?? id) : id;
    if (head !== id) await this.#ask("done", "runs/delete", { run_id: id });
    await this.end([{ id: head, status: "FINISHED", end: nowMs }]);
    return ok(head);
  }

  /** The runs of an attempt in all experiments, in the order of their starts. */
  async runsOf(attempt: string): Promise<Result<readonly TrackedRun[], string>> {
    const experiments: string[] = [];
    let token = "";
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const asked = { max_results: PAGE, ...(token !== "" && { page_token: token }) };
      const found = await this.#ask("experiments", "experiments/search", asked);
      if (!found.ok) return err(found.error.why);
      experiments.push(...found.value.experiments.map(({ experiment_id }) => experiment_id));
      token = found.value.next_page_token ?? "";
      if (token === "") break;
    }
    return this.#tagged(experiments, { tag: ATTEMPT_TAG, value: attempt });
  }

  /** Sets how runs ended. */
  async end(runs: readonly RunEnd[]): Promise<Result<null, string>> {
    for (const { id, status, end } of runs) {
      const set = await this.#ask("done", "runs/update", { run_id: id, status, end_time: end });
      if (!set.ok) return err(set.error.why);
    }
    return ok(null);
  }

  async #tagged(
    experiments: readonly string[],
    { tag, value }: { readonly tag: string; readonly value: string },
  ): Promise<Result<readonly TrackedRun[], string>> {
    const found = await this.#ask("runs", "runs/search", {
      experiment_ids: experiments,
      filter: `tags.\`${tag}\` = '${value}'`,
      order_by: ["attributes.start_time ASC", "attributes.run_id ASC"],
      max_results: PAGE,
    });
    if (!found.ok) return err(found.error.why);
    return ok(
      found.value.runs.map(({ info }) => ({
        id: info.run_id,
        status: info.status,
        end: Number(info.end_time ?? 0),
        experiment: info.experiment_id,
      })),
    );
  }

  async #ask<Name extends keyof Answers>(
    name: Name,
    path: string,
    body?: object,
  ): Promise<Result<Answer<Name>, Refusal>> {
    const no = (why: string, code = ""): Result<never, Refusal> => err({ code, why: `${this.#base} ${why}` });
    try {
      const response = await fetch(`${this.#base}/api/2.0/mlflow/${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { ...this.#headers, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: this.#signal,
        // A login is for this server alone.
        redirect: "error",
        tls: { rejectUnauthorized: this.#checksCertificate },
      });
      const text = await response.text();
      if (!response.ok) {
        const refused = parseJson(SERVER_ANSWERS.refused, text);
        return refused === null
          ? no(`answers with ${response.status}`)
          : no(`refuses: ${refused.message.slice(0, 200)} (${refused.error_code})`, refused.error_code);
      }
      const said = parseJson(SERVER_ANSWERS[name], text);
      return said === null
        ? no(`answers ${isObject(jsonIn(text)) ? "something else" : "no JSON"}`)
        : ok(said);
    } catch (error) {
      const isLate = error instanceof Error && error.name === "TimeoutError";
      return no(isLate ? "does not answer in time" : "cannot be reached");
    }
  }
}

type Answers = typeof SERVER_ANSWERS;
type Answer<Name extends keyof Answers> = NonNullable<ReturnType<typeof parseJson<Answers[Name]>>>;

interface Refusal {
  /** Of MLflow; empty for others. */
  readonly code: string;
  readonly why: string;
}

/** As MLflow's own client does it. */
function loginOf(env: Variables): Record<string, string> {
  const {
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
    MLFLOW_TRACKING_TOKEN: token,
  } = env;
  if (user !== undefined && password !== undefined)
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
