/**
 * What the task's own Python does to the local store of MLflow, called with its order as JSON; the last line of its output is its answer.
 *
 * `prepare` makes the store, the experiment, and the run that heads a sweep, where they are missing; all under a lock, which the kernel
 * releases if the process is killed. A store is made beside its place and renamed, so that a kill leaves none that is half made. Where all
 * is there, MLflow, whose import takes seconds, is not imported. `look` lists the runs of an attempt,
 * and `terminate` sets how runs ended.
 */
export const MLFLOW_SCRIPT = String.raw`
import contextlib, fcntl, importlib.metadata, json, os, sqlite3, sys, time, urllib.parse

order = json.loads(sys.argv[1])
folder = order["folder"]
database = os.path.join(folder, "mlflow.db")
schemas = os.path.join(folder, "mlflow-schemas.json")

def answer(of):
    sys.stdout.flush()
    sys.stdout.write("\n" + json.dumps(of) + "\n")
    sys.stdout.flush()
    os._exit(0)

def version():
    for name in ("mlflow", "mlflow-skinny"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    answer({"error": "MLflow is not installed in " + sys.prefix})

def rows(query, *values):
    store = sqlite3.connect("file:" + urllib.parse.quote(database) + "?mode=ro", uri=True, timeout=30)
    try:
        return store.execute(query, values).fetchall()
    finally:
        store.close()

def one(query, *values):
    found = rows(query, *values)
    return found[0] if found else None

def revision():
    return one("select version_num from alembic_version")[0]

def known_schema():
    try:
        with open(schemas) as file:
            return json.load(file).get(version())
    except (OSError, ValueError, AttributeError):
        return None

def note_schema():
    try:
        with open(schemas) as file:
            known = json.load(file)
    except (OSError, ValueError):
        known = {}
    known[version()] = revision()
    with open(schemas + ".new", "w") as file:
        json.dump(known, file)
    os.replace(schemas + ".new", schemas)

def upgrade(path):
    from mlflow.db import commands
    commands.main(["upgrade", "sqlite:///" + path], standalone_mode=False)

def make_store():
    if not os.path.exists(database):
        new = os.path.join(folder, "mlflow.new.db")
        for left in (new, new + "-journal", new + "-wal", new + "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(left)
        upgrade(new)
        os.replace(new, database)
    elif known_schema() != revision():
        upgrade(database)
    note_schema()

def experiment_id():
    found = one("select experiment_id from experiments where name = ? and lifecycle_stage = 'active'", order["experiment"])
    return None if found is None else str(found[0])

def parent_run():
    return one(
        "select r.run_uuid, r.status from tags t join runs r on r.run_uuid = t.run_uuid "
        "where t.key = ? and t.value = ? and r.lifecycle_stage = 'active' order by r.start_time",
        order["parent"]["tag"], order["parent"]["sweep"])

def client():
    import mlflow
    return mlflow.MlflowClient(tracking_uri="sqlite:///" + database)

def prepare():
    version()
    with open(os.path.join(folder, "mlflow.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(database) or known_schema() != revision():
            make_store()
        if experiment_id() is None:
            place = os.path.join(folder, "mlflow-artifacts", urllib.parse.quote(order["experiment"], safe=""))
            client().create_experiment(order["experiment"], artifact_location="file://" + urllib.parse.quote(place))
        parent = None
        if "parent" in order:
            parent = parent_run()
            if parent is None:
                tags = {order["parent"]["tag"]: order["parent"]["sweep"], "mlflow.runName": order["parent"]["name"]}
                client().create_run(experiment_id(), tags=tags)
                parent = parent_run()
            if parent[1] != "FINISHED":
                client().set_terminated(parent[0], "FINISHED")
        answer({"experiment": experiment_id(), "parent": parent and parent[0]})

def look():
    found = rows(
        "select r.run_uuid, r.status, r.end_time, r.experiment_id from tags t join runs r on r.run_uuid = t.run_uuid "
        "where t.key = ? and t.value = ? and r.lifecycle_stage = 'active' order by r.start_time", order["tag"], order["attempt"])
    began = [{"id": run, "status": status, "end": at, "experiment": str(experiment)} for run, status, at, experiment in found]
    answer({"runs": began})

def terminate():
    store = client()
    for run in order["runs"]:
        store.set_terminated(run["id"], run["status"], run["end"])
    answer({})

try:
    {"prepare": prepare, "look": look, "terminate": terminate}[order["do"]]()
except BaseException as error:
    answer({"error": type(error).__name__ + ": " + " ".join(str(error).split())[:300]})
`;
