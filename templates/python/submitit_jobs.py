# functions of Python as tasks, by submitit on the programs of `stint slurm-shims`
"""Runs functions as tasks of stint through submitit, as on a cluster with Slurm.

    stint slurm-shims ~/stint-bin
    PATH=~/stint-bin:$PATH python submitit_jobs.py
"""

import submitit


def train(lr, seed):
    return {"lr": lr, "seed": seed, "loss": lr * seed}


if __name__ == "__main__":
    executor = submitit.AutoExecutor(folder="submitit", cluster="slurm")
    executor.update_parameters(name="train", timeout_min=60, cpus_per_task=1)
    jobs = executor.map_array(train, [0.1, 0.01, 0.001], [1, 2, 3])
    for job in jobs:
        print(job.job_id, job.result())
