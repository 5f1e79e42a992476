import * as v from "valibot";

/* What stores of MLflow answer, as far as it is read: the helper script of a local one, and the REST API of a server. */

const run = v.object({
  id: v.string(),
  status: v.string(),
  end: v.nullable(v.number()),
  experiment: v.string(),
});

/** Of the helper script. */
export const LOCAL_ANSWERS = {
  prepared: v.object({ experiment: v.string(), parent: v.nullable(v.string()) }),
  runs: v.object({ runs: v.array(run) }),
  done: v.object({}),
  refused: v.object({ error: v.string() }),
};

const runInfo = v.object({
  run_id: v.string(),
  experiment_id: v.string(),
  status: v.optional(v.string(), "RUNNING"),
  end_time: v.optional(v.union([v.number(), v.string()])),
});

/** Of a server, by request. */
export const SERVER_ANSWERS = {
  experiment: v.object({ experiment: v.object({ experiment_id: v.string() }) }),
  created: v.object({ experiment_id: v.string() }),
  experiments: v.object({
    experiments: v.optional(v.array(v.object({ experiment_id: v.string() })), []),
    next_page_token: v.optional(v.string()),
  }),
  run: v.object({ run: v.object({ info: runInfo }) }),
  runs: v.object({ runs: v.optional(v.array(v.object({ info: runInfo })), []) }),
  done: v.object({}),
  refused: v.object({ error_code: v.string(), message: v.optional(v.string(), "") }),
};
