"""Gloo's float32 all-reduce, as torch.distributed offers it, timed by the slowest rank.

usage: gloo.py BYTES WARMUPS ITERATIONS    (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT in the environment)
Rank 0 prints one line of JSON: {"times": [milliseconds, ...], "version": "..."}.
"""

import datetime
import json
import os
import sys
import time

import torch
import torch.distributed as dist


def main():
    length, warmups, iterations = (int(word) for word in sys.argv[1:])
    torch.set_num_threads(1)
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    dist.init_process_group(
        "gloo", rank=rank, world_size=size, timeout=datetime.timedelta(seconds=120)
    )
    vector = torch.zeros(length // 4)
    times = []
    for iteration in range(-warmups, iterations):
        if iteration <= 0:
            vector.fill_(rank + 1)
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(vector)
        elapsed = torch.tensor([(time.perf_counter() - start) * 1e3], dtype=torch.float64)
        if iteration == -warmups:
            assert bool((vector == size * (size + 1) / 2).all()), "the sum is wrong"
        vector[:16] = 0
        dist.all_reduce(elapsed, op=dist.ReduceOp.MAX)
        if iteration >= 0:
            times.append(float(elapsed))
    if rank == 0:
        print(json.dumps({"times": times, "version": torch.__version__}), flush=True)
    dist.barrier()
    # Its threads may outlive the interpreter's end, which then aborts.
    os._exit(0)


main()
