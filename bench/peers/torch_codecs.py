#!/usr/bin/env python3
"""What the codecs do, written in PyTorch operations as its users write it, and timed on one thread.

usage: torch_codecs.py ELEMENTS gaussian|student|zeros|sparse|denormal

Answers on standard output, a JSON object a line. First, when every kind of case was checked: torch's version and
the cases, each with the codec and operation that do the same work. Then, for each name of a case on a line of
standard input, seconds of one call: the median of calls in a tenth of a second, one at least, after a call to warm
up when it is the first time. So whoever asks can time other things in between.
Temporaries are torch's own business, as they are in the code people run.
"""

import json
import statistics
import sys
import time

import torch

SECONDS = 0.1
LEVELS = 7
BLOCK = 512
SCALE = 1e-2
SEED = 1


def make_data(kind, length):
    generator = torch.Generator().manual_seed(SEED)

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


def kept(gradient, density):
    return max(1, round(gradient.numel() * density))


def top_k(gradient, density):
    indices = gradient.abs().topk(kept(gradient, density), sorted=False).indices
    return torch.gather(gradient, 0, indices), indices


def top_k_feedback(gradient, residual, density):
    residual.add_(gradient)
    values, indices = top_k(residual, density)
    residual[indices] = 0
    return values, indices


def random_k(gradient, density):
    k = kept(gradient, density)
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
    for density in (0.001, 0.01, 0.1):
        values, indices = top_k(gradient, density)
        decoded = torch.zeros_like(gradient)
        decoded[indices] = values
        assert error(decoded) <= (1 - values.numel() / gradient.numel()) * total * (1 + 1e-6)
    residual = torch.zeros_like(gradient)
    values, indices = top_k_feedback(gradient, residual, 0.01)
    residual[indices] += values
    assert torch.equal(residual, gradient)


def cases(gradient):
    """Name, codec and operation that do the same work, and the work."""
    target = torch.zeros_like(gradient)
    residual = torch.zeros_like(gradient)
    levels, norm = qsgd_l2(gradient)
    halves, brains = gradient.half(), gradient.bfloat16()
    rows = target.view(-1, BLOCK)
    qsgd_l2_codec = "qsgd:levels=7,norm=l2"
    return [
        ("torch bfloat16()", "bf16", "encode", lambda: gradient.bfloat16()),
        ("torch half()", "fp16", "encode", lambda: gradient.half()),
        ("torch copy_ of bfloat16", "bf16", "decode", lambda: target.copy_(brains)),
        ("torch copy_ of half", "fp16", "decode", lambda: target.copy_(halves)),
        ("torch QSGD, L2 norm", qsgd_l2_codec, "encode", lambda: qsgd_l2(gradient)),
        ("torch QSGD, maximum, packed", "qsgd:levels=7", "encode", lambda: qsgd_max_packed(gradient)),
        (
            "torch dequantise",
            qsgd_l2_codec,
            "decode",
            lambda: rows.copy_(levels.float() * (norm / LEVELS)),
        ),
        (
            "torch dequantise and add",
            qsgd_l2_codec,
            "decode-add",
            lambda: rows.add_(levels.float() * (norm / LEVELS)),
        ),
        ("torch TernGrad", "terngrad", "encode", lambda: terngrad(gradient)),
        ("torch topk 0.1 %", "topk:density=0.001", "encode", lambda: top_k(gradient, 0.001)),
        ("torch topk 1 %", "topk:density=0.01", "encode", lambda: top_k(gradient, 0.01)),
        ("torch topk 10 %", "topk:density=0.1", "encode", lambda: top_k(gradient, 0.1)),
        (
            "torch topk 1 % with feedback",
            "topk:density=0.01+ef",
            "encode",
            lambda: top_k_feedback(gradient, residual, 0.01),
        ),
        ("torch randperm 1 %", "randomk:density=0.01", "encode", lambda: random_k(gradient, 0.01)),
        ("torch randperm 10 %", "randomk:density=0.1", "encode", lambda: random_k(gradient, 0.1)),
    ]


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(run):
    seconds = []
    while not seconds or sum(seconds) < SECONDS:
        seconds.append(timed(run))
    return statistics.median(seconds)


def main():
    elements, kind = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(SEED)
    gradient = make_data(kind, elements // BLOCK * BLOCK)
    check(gradient)
    known = cases(gradient)
    described = [dict(zip(("name", "codec", "operation"), one)) for one in known]
    print(json.dumps({"version": torch.__version__, "cases": described}), flush=True)
    runs = {name: run for name, _, _, run in known}
    warm = set()
    for line in sys.stdin:
        name = line.strip()
        if name not in warm:
            runs[name]()
            warm.add(name)
        print(json.dumps({"seconds": measure(runs[name])}), flush=True)


main()
