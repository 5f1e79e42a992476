import { expect, test } from "bun:test";
import { MlflowServer } from "../../../src/run/tracking/remote-mlflow.ts";
import { MlflowServerStandIn } from "../../rig/mlflow-server.ts";

test("makes an experiment and the run above a sweep once, and finds the runs of an attempt in all experiments", async () => {
  await using standIn = new MlflowServerStandIn();
  const env = { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "pw" };
  const server = new MlflowServer(`${standIn.url}/`, env);
  const parent = { sweep: "s-1", name: "s" };
  for (const _ of [1, 2]) {
    expect(await server.experiment("night")).toEqual({ ok: true, value: "0" });
    expect(await server.heading("0", parent, 5)).toEqual({ ok: true, value: "r0" });
  }
  expect(standIn.runs.map(({ info }) => info)).toEqual([
    { run_id: "r0", experiment_id: "0", status: "FINISHED", end_time: 5 },
  ]);
  expect(await server.experiment("day")).toEqual({ ok: true, value: "1" });
  standIn.begin("1", { "stint.attempt": "a_att_1" });
  standIn.begin("0", { "stint.attempt": "a_att_2" });
  const found = await server.runsOf("a_att_1");
  expect(found).toEqual({ ok: true, value: [{ id: "r1", status: "RUNNING", end: 0, experiment: "1" }] });
  expect(await server.end([{ id: "r1", status: "KILLED", end: 9 }])).toEqual({ ok: true, value: null });
  expect(standIn.runs[1]?.info).toMatchObject({ status: "KILLED", end_time: 9 });
  expect([...standIn.authorizations]).toEqual([`Basic ${btoa("ada:pw")}`]);
});

test.each([
  ["answers with 503", () => new Response("no", { status: 503 })],
  ["answers no JSON", () => new Response("<html>")],
  ["answers something else", () => Response.json({})],
  [
    "refuses: no (PERMISSION_DENIED)",
    () => Response.json({ error_code: "PERMISSION_DENIED", message: "no" }, { status: 403 }),
  ],
])("says that a server %s", async (said, answer) => {
  const standIn = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  const address = `http://127.0.0.1:${standIn.port}`;
  const found = await new MlflowServer(address, {}).experiment("night");
  await standIn.stop(true);
  expect(found).toEqual({ ok: false, error: `${address} ${said}` });
  // Nothing listens there any more.
  const gone = await new MlflowServer(address, {}).experiment("night");
  expect(gone).toEqual({ ok: false, error: `${address} cannot be reached` });
});

test("waits for no server for longer than it may", async () => {
  const { promise: never } = Promise.withResolvers<Response>();
  const standIn = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: () => never });
  const address = `http://127.0.0.1:${standIn.port}`;
  const found = await new MlflowServer(address, {}, 50).experiment("night");
  await standIn.stop(true);
  expect(found).toEqual({ ok: false, error: `${address} does not answer in time` });
});
