#!/usr/bin/env python3
"""What the codecs do, written in PyTorch operations as its users write it, and timed on one thread.

usage: torch_codecs.py ELEMENTS gaussian|student|zeros|sparse|denormal

Prints one JSON object a line: name, the codec and operation that do the same work, seconds of each run, and
torch's version. Temporaries are torch's own business, as they are in the code people run. Every case is checked
once before it is timed.
"""

import json
import sys
import time

import torch

RUNS = 7
WARM_UP_RUNS = 2
LEVELS = 7
BLOCK = 512
SCALE = 1e-2


def make_data(kind, length):
    generator = torch.Generator().manual_seed(1)

    def normal():
        return SCALE * torch.randn(length, generator=generator)

    if kind == "gaussian":
        return normal()
    if kind == "student":
        squares = sum(torch.randn(length, generator=generator) ** 2 for _ in range(3))
        return normal() / (squares / 3).sqrt()
    if kind == "zeros":
        return torch.zeros(length)
    if kind == "sparse":
        return normal() * (torch.rand(length, generator=generator) < 0.01)
    if kind == "denormal":
        tiny = (torch.rand(length, generator=generator) * 2 - 1) * 2.0**-126
        return torch.where(torch.rand(length, generator=generator) < 0.5, normal(), tiny)
    raise SystemExit(f"unknown kind of data: {kind}")


def qsgd(rows, norm):
    """Levels as int8, a row a block."""
    scaled = rows.abs() * (LEVELS / norm.clamp_min(1e-38))
    lower = scaled.floor()
    rounded = lower + (torch.rand_like(rows) < scaled - lower)
    return (rounded * rows.sign()).to(torch.int8)


def qsgd_l2(gradient):
    """As in the paper: Euclidean norm, one byte a level."""
    rows = gradient.view(-1, BLOCK)
    norm = rows.norm(dim=1, keepdim=True)
    return qsgd(rows, norm), norm


def qsgd_max_packed(gradient):
    """Largest magnitude as the norm, as few temporaries as torch allows, two levels a byte."""
    rows = gradient.view(-1, BLOCK)
    norm = rows.abs().amax(dim=1, keepdim=True)
    codes = torch.mul(rows, LEVELS / norm.clamp_min(1e-38))
    codes.add_(torch.rand_like(rows)).floor_().add_(LEVELS).clamp_(0, 2 * LEVELS)
    pairs = codes.to(torch.uint8).view(-1, 2)
    return pairs[:, 0] | (pairs[:, 1] << 4), norm


def terngrad(gradient):
    magnitude = gradient.abs()
    scale = magnitude.max()
    return (gradient.sign() * (torch.rand_like(gradient) * scale < magnitude)).to(torch.int8), scale


def top_k(gradient, k):
    indices = gradient.abs().topk(k, sorted=False).indices
    return gradient[indices], indices


def top_k_feedback(gradient, residual, k):
    residual.add_(gradient)
    values, indices = top_k(residual, k)
    residual[indices] = 0
    return values, indices


def random_k(gradient, k):
    indices = torch.randperm(gradient.numel())[:k]
    return gradient[indices] * (gradient.numel() / k), indices


def check(gradient):
    """What the encodings stand for is near what they were made of, or the script ends here."""
    total = float(gradient.double().square().sum())

    def error(decoded):
        return float((decoded.double() - gradient.double()).square().sum())

    levels, norm = qsgd_l2(gradient)
    # Variance at most min(d/s², √d/s) ‖x‖², and a little more by chance.
    bound = 1.5 * min(BLOCK / LEVELS**2, BLOCK**0.5 / LEVELS) * total
    assert error((levels.float() * (norm / LEVELS)).view(-1)) <= bound
    packed, norm = qsgd_max_packed(gradient)
    codes = torch.stack((packed & 15, packed >> 4), dim=1).view(-1, BLOCK).float() - LEVELS
    assert error((codes * (norm / LEVELS)).view(-1)) <= bound
    k = max(1, gradient.numel() // 100)
    values, indices = top_k(gradient, k)
    decoded = torch.zeros_like(gradient)
    decoded[indices] = values
    assert error(decoded) <= (1 - k / gradient.numel()) * total * (1 + 1e-6)


def cases(gradient):
    target = torch.zeros_like(gradient)
    residual = torch.zeros_like(gradient)
    one_percent = max(1, round(gradient.numel() / 100))
    ten_percent = max(1, round(gradient.numel() / 10))
    levels, norm = qsgd_l2(gradient)
    return [
        ("QSGD, L2 norm", "qsgd:levels=7,norm=l2", "encode", lambda: qsgd_l2(gradient)),
        ("QSGD, maximum, packed", "qsgd:levels=7", "encode", lambda: qsgd_max_packed(gradient)),
        (
            "dequantise and add",
            "qsgd:levels=7,norm=l2",
            "decode-add",
            lambda: target.view(-1, BLOCK).add_(levels.float() * (norm / LEVELS)),
        ),
        ("TernGrad", "terngrad", "encode", lambda: terngrad(gradient)),
        ("bfloat16()", "bf16", "encode", lambda: gradient.bfloat16()),
        ("half()", "fp16", "encode", lambda: gradient.half()),
        ("topk 1 %", "topk:density=0.01", "encode", lambda: top_k(gradient, one_percent)),
        (
            "topk 1 % with feedback",
            "topk:density=0.01+ef",
            "encode",
            lambda: top_k_feedback(gradient, residual, one_percent),
        ),
        ("randperm 1 %", "randomk:density=0.01", "encode", lambda: random_k(gradient, one_percent)),
        ("randperm 10 %", "randomk:density=0.1", "encode", lambda: random_k(gradient, ten_percent)),
    ]


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main():
    elements, kind = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    gradient = make_data(kind, elements // BLOCK * BLOCK)
    check(gradient)
    for name, codec, operation, run in cases(gradient):
        for _ in range(WARM_UP_RUNS):
            run()
        line = {
            "name": name,
            "codec": codec,
            "operation": operation,
            "seconds": [timed(run) for _ in range(RUNS)],
            "version": f"torch {torch.__version__}",
        }
        print(json.dumps(line), flush=True)


main()
