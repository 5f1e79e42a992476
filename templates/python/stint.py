# a module for Python: submit, wait, results, and what a job tells
"""Queue tasks of stint from Python, and tell it how a job gets on.

One file without dependencies, for Python 3.8 and later: keep it beside your code.

    import stint

    tasks = [stint.submit(["python", "train.py", str(lr)], name="train") for lr in (0.1, 0.01)]
    stint.wait(tasks)
    for row in stint.results(tasks):
        print(row["number"], row["state"], row["outputs"])

In a job, and without effect elsewhere:

    stint.progress(step, total)
    stint.report(acc=0.93, loss=0.2, step=step)
    stint.output(model="best.pt")
"""

import json
import os
import shutil
import subprocess
import sys

__all__ = ["StintError", "output", "progress", "report", "results", "submit", "wait"]


class StintError(RuntimeError):
    """What stint refused, with its exit code."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


def submit(command=None, **keys):
    """Queues a task; returns its number, or those of all members of a sweep as a list.

    `keys` are those of a task file: name, cpus, gpus, env, after, key, matrix and so on. Nothing is queued where the
    work of a `key` is unfinished or has succeeded: the number is that of the task which has it.
    """
    if command is not None:
        keys["command"] = [command] if isinstance(command, str) else [str(word) for word in command]
    records = json.loads(_call(["submit", "-", "--json"], json.dumps(keys)))
    numbers = [record["metadata"]["number"] for record in records]
    return numbers[0] if len(numbers) == 1 else numbers


def wait(tasks, any=False, timeout=None):
    """Waits until tasks have ended; returns their records, with `any` only that of the first one.

    A task that fails is no error: its record says so. Raises TimeoutError after `timeout` seconds.
    """
    names = [str(task) for task in _each(tasks)]
    if not names:
        return []
    limit = [] if timeout is None else ["--timeout", "%dms" % round(timeout * 1000)]
    args = ["wait", "--json", *(["--any"] if any else []), *limit, *names]
    ran = _run(args, None)
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode == 124 and timeout is not None and len(lines) < (1 if any else len(names)):
        raise TimeoutError("tasks %s have not ended after %s s" % (", ".join(names), timeout))
    if not lines:
        raise StintError(ran.stderr.strip(), ran.returncode)
    return lines


def results(tasks):
    """The rows of `stint results`: number, state, inputs, outputs and so on. Missing outputs are filled from trackers."""
    names = [str(task) for task in _each(tasks)]
    return json.loads(_call(["results", "--json", *names])) if names else []


def report(step=None, **values):
    """Tells the values of metrics; the last one of each name is on the record."""
    at = {} if step is None else {"step": step}
    _tell([{"type": "METRIC", "name": name, "value": _plain(value), **at} for name, value in values.items()])


def progress(step, total, message=None):
    """Tells how far the job is."""
    said = {} if message is None else {"msg": message}
    _tell([{"type": "PROGRESS", "step": step, "total": total, **said}])


def output(**values):
    """Tells outputs: numbers, texts, lists."""
    _tell([{"type": "OUTPUT", "payload": values}])


def _tell(events):
    path = os.environ.get("STINT_EVENTS")
    if not path:
        return
    text = "".join(json.dumps(event, default=str) + "\n" for event in events)
    # One write for whole lines, so that those of several processes do not mix.
    with open(path, "ab", buffering=0) as file:
        file.write(text.encode())


def _plain(value):
    """A number of numpy or a tensor of one value as a number of Python."""
    return value.item() if hasattr(value, "item") else value


def _each(tasks):
    return tasks if isinstance(tasks, (list, tuple, set, dict)) else [tasks]


def _call(args, text=None):
    ran = _run(args, text)
    if ran.returncode != 0:
        raise StintError(ran.stderr.strip(), ran.returncode)
    return ran.stdout


def _run(args, text):
    program = os.environ.get("STINT_PROGRAM") or shutil.which("stint")
    if program is None:
        raise StintError("Cannot find stint on PATH: install it, or name it in STINT_PROGRAM", 127)
    source = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **source)


if __name__ == "__main__":
    sys.exit("stint.py is a module: import it, or run the program stint")
