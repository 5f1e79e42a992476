# a study of Optuna whose trials are tasks of stint; it may be killed and started again
"""Searches the learning rate of train.py with Optuna: each trial is a task, four at a time.

train.py calls stint.report(loss=…). Killed and started again, the study goes on: a trial that was asked for is on record in study.db,
and its task has a key, so that none runs twice.
"""

import sys

import optuna
import stint

NAME, TRIALS, PARALLEL = "night", 20, 4
FAIL, RUNNING = optuna.trial.TrialState.FAIL, optuna.trial.TrialState.RUNNING


def submitted(number, params):
    """The task of a trial: a new one, or that which has its key."""
    command = [sys.executable, "train.py", "--lr", str(params["lr"])]
    outputs = {"loss": {"type": "float", "goal": "min"}}
    return stint.submit(command, name="trial-%d" % number, key="%s/%d" % (NAME, number), outputs=outputs)


study = optuna.create_study(
    study_name=NAME, storage="sqlite:///study.db", load_if_exists=True, direction="minimize"
)
tasks = {}
for trial in study.get_trials(states=(RUNNING,)):
    if trial.params:
        tasks[submitted(trial.number, trial.params)] = trial.number
    else:
        # Killed before it had values: another one takes its place.
        study.tell(trial.number, state=FAIL)

while True:
    while len(tasks) < PARALLEL and sum(1 for trial in study.trials if trial.params) < TRIALS:
        trial = study.ask()
        trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        tasks[submitted(trial.number, trial.params)] = trial.number
    if not tasks:
        break
    for record in stint.wait(tasks, any=True):
        task = record["metadata"]["number"]
        [row] = stint.results(task)
        loss = row["outputs"].get("loss")
        if row["state"] == "completed" and isinstance(loss, (int, float)):
            study.tell(tasks.pop(task), loss)
        else:
            study.tell(tasks.pop(task), state=FAIL)

print("best:", study.best_value, study.best_params)
