# a launcher plugin for Hydra: each job of a multirun is a task of stint
"""Runs the jobs of a Hydra multirun as tasks of stint, each as the same program with its own overrides.

Keep this file as hydra_plugins/stint_launcher.py beside the program, and stint.py beside it too:

    python train.py --multirun lr=0.1,0.01 hydra/launcher=stint hydra.launcher.keys.gpus=1

`keys` are those of a task file. What a sweeper optimizes is the output or metric that `result` names: stint.report(loss=…).
"""

# Hydra imports every module of hydra_plugins, and takes each launcher that it finds there: hence the names with _.
import logging as _logging
import os as _os
import sys as _sys
from dataclasses import dataclass as _dataclass, field as _field
from pathlib import Path as _Path
from typing import Any as _Any, Dict as _Dict, Optional as _Optional

from hydra.core.config_store import ConfigStore as _ConfigStore
from hydra.core.utils import JobReturn as _JobReturn, JobStatus as _JobStatus
from hydra.plugins.launcher import Launcher as _Launcher
from omegaconf import OmegaConf as _OmegaConf, open_dict as _open_dict

_log = _logging.getLogger(__name__)
# Those of the program that choose its configuration; a job needs them too.
_FLAGS = ("--config-name", "--config-path", "--config-dir", "-cn", "-cp", "-cd")


@_dataclass
class _StintConf:
    _target_: str = "hydra_plugins.stint_launcher.StintLauncher"
    keys: _Dict[str, _Any] = _field(default_factory=dict)
    result: _Optional[str] = None


_ConfigStore.instance().store(group="hydra/launcher", name="stint", node=_StintConf, provider="stint_launcher")


def _program():
    """The words that start this program again."""
    spec = getattr(_sys.modules["__main__"], "__spec__", None)
    start = ["-m", spec.name] if spec is not None else [_os.path.abspath(_sys.argv[0])]
    args = _sys.argv[1:]
    kept = []
    for index, word in enumerate(args):
        if word in _FLAGS:
            kept += args[index : index + 2]
        elif word.startswith(tuple(flag + "=" for flag in _FLAGS)):
            kept.append(word)
    return [_sys.executable, *start, *kept]


class StintLauncher(_Launcher):
    def __init__(self, keys, result):
        self.keys = _OmegaConf.to_container(keys, resolve=True) if _OmegaConf.is_config(keys) else dict(keys)
        self.result = result

    def setup(self, *, hydra_context, task_function, config):
        self.hydra_context, self.config = hydra_context, config

    def launch(self, job_overrides, initial_job_idx):
        # Not at the head: Hydra imports this module in every program, also in those that do not use it.
        import stint

        returns, tasks = [], []
        for index, overrides in enumerate(job_overrides, initial_job_idx):
            config = self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))
            with _open_dict(config):
                config.hydra.job.id = config.hydra.job.num = index
            folder = _Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir)).absolute()
            words = [*_program(), *overrides, "hydra.run.dir='%s'" % folder]
            declared = {"outputs": {self.result: {"type": "float"}}} if self.result else {}
            tasks.append(stint.submit(words, **{"name": "hydra-%d" % index, **declared, **self.keys}))
            _log.info("#%d is task %s: %s", index, tasks[-1], " ".join(overrides))
            made = _JobReturn()
            made.overrides, made.cfg, made.working_dir = list(overrides), config, str(folder)
            returns.append(made)
        stint.wait(tasks)
        rows = {row["number"]: row for row in stint.results(tasks)}
        for task, made in zip(tasks, returns):
            row = rows[task]
            isdone = row["state"] == "completed"
            made.status = _JobStatus.COMPLETED if isdone else _JobStatus.FAILED
            value = row["outputs"].get(self.result) if self.result else None
            made.return_value = value if isdone else RuntimeError("task %s %s: stint explain %s" % (task, row["state"], task))
        return returns
