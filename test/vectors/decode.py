"""An independent decoder of gradwire's byte formats, written from proto/README.md alone.

It shares no code with the library and uses Python's standard library only, so that a mistake in the
page, or bytes that depart from it, show up as a difference. Plain before fast.

Reads requests from standard input and answers each with a line:

    payload HEX          ->  the decoded float32 as hex, or "refused CODE reason"
    snapshot HEX         ->  spec, step and residual: "SPEC STEP HEX", or "refused CODE reason"
    frame HEX            ->  kind, flags, context, epoch, operation, tag and payload, or "refused CODE reason"
    checksum SEED HEX    ->  the lane checksum as a decimal
    draws LOW HIGH N     ->  the first N uniform draws of a key, in units of 2**-53

Not checked, because decoding does not need it: that the spec is canonical, and padding.
"""

import math
import struct
import sys

WORD = 0xFFFFFFFF
FLOAT32_MAX = 3.4028234663852886e38
MAX_ELEMENTS = 2**28


class Refused(Exception):
    """Bytes that are not what they should be; `code` is the last part of the error code."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


def require(condition, code, reason):
    if not condition:
        raise Refused(code, reason)


def padded(size):
    return (size + 15) // 16 * 16


def float32(value):
    """Rounds to the nearest float32, ties to even; beyond the range, to infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


# Lane checksum


def checksum(data, seed):
    lanes = [seed ^ ((i + 1) * 0x9E3779B1 & WORD) for i in range(16)]
    filled = data + bytes(-len(data) % 64)
    for index, (word,) in enumerate(struct.iter_unpack("<I", filled)):
        lane = (lanes[index % 16] ^ word) * 0x85EBCA77 & WORD
        lanes[index % 16] = lane ^ lane >> 15
    h = seed ^ len(data)
    for lane in lanes:
        h = (h ^ lane) * 0xC2B2AE3D & WORD
        h ^= h >> 13
    return h


# Protobuf, as far as the messages need it


def read_varint(data, at):
    value = shift = 0
    while True:
        require(at < len(data) and shift < 70, "HEADER", "a varint is cut off")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def read_message(data, code):
    """Field number -> last value: an integer (varint, fixed32) or bytes."""
    fields = {}
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            fields[number], at = read_varint(data, at)
            continue
        require(wire in (2, 5), code, f"wire type {wire} is not used")
        size, at = (4, at) if wire == 5 else read_varint(data, at)
        require(at + size <= len(data), code, "a field is cut off")
        value = data[at : at + size]
        fields[number] = struct.unpack("<I", value)[0] if wire == 5 else value
        at += size
    return fields


def read_packed(data):
    values = []
    at = 0
    while at < len(data):
        value, at = read_varint(data, at)
        values.append(value)
    return values


# Random streams


def triple32(x):
    x ^= x >> 17
    x = x * 0xED5AD4BB & WORD
    x ^= x >> 11
    x = x * 0xAC4C1B51 & WORD
    x ^= x >> 15
    x = x * 0x31848BAB & WORD
    return x ^ x >> 14


def seed_lane0(key, chunk):
    """State of lane 0; the other lanes serve writers only."""
    low, high = key
    base = triple32(triple32(low) ^ chunk)
    state = [triple32(triple32(base ^ triple32(i + 1)) ^ high) for i in (0, 4, 8, 12)]
    return state if any(state) else [1, 0, 0, 0]


def uniform_draws(key):
    drawn = 0
    while True:
        if drawn % 65536 == 0:
            s0, s1, s2, s3 = seed_lane0(key, drawn // 65536)
        words = []
        for _ in range(2):
            words.append((s0 + s3) & WORD)
            t = s1 << 9 & WORD
            s2 ^= s0
            s3 ^= s1
            s1 ^= s2
            s0 ^= s3
            s2 ^= t
            s3 = (s3 << 11 | s3 >> 21) & WORD
        drawn += 1
        yield (words[0] * 2**21 + (words[1] >> 11)) * 2.0**-53


# Specs

DEFAULTS = {
    "none": {},
    "bf16": {},
    "fp16": {},
    "qsgd": {"levels": "7", "block": "512", "entropy": "none"},
    "terngrad": {"pack": "trits", "entropy": "none"},
    "topk": {},
    "randomk": {"select": "stratified"},
    "quantile": {"bits": "2", "block": "64"},
}
IDS = {"none": 1, "bf16": 2, "fp16": 3, "qsgd": 4, "terngrad": 5, "topk": 6, "randomk": 7, "quantile": 8}
SELECT = ("topk", "randomk")


def parse_spec(spec):
    """Stages as (name, keys)."""
    chain = spec[:-3] if spec.endswith("+ef") else spec
    stages = []
    for text in chain.split("/"):
        name, _, pairs = text.partition(":")
        require(name in DEFAULTS, "CODEC", f"unknown stage {name!r}")
        keys = dict(DEFAULTS[name])
        for pair in pairs.split(",") if pairs else []:
            key, _, value = pair.partition("=")
            keys[key] = value
        stages.append((name, keys))
    require(len(stages) <= 2, "CODEC", "more than two stages")
    require(len(stages) == 1 or stages[0][0] in SELECT, "CODEC", "the first stage does not select")
    require(len(stages) == 1 or stages[1][0] not in SELECT, "CODEC", "the second stage selects")
    return stages


def kept_of(keys, n):
    """Elements kept of one block (or of everything)."""
    if "k" in keys:
        return min(n, int(float(keys["k"])))
    product = float(keys["density"]) * n
    whole = math.floor(product)
    rounded = whole + 1 if product - whole >= 0.5 else whole
    return min(n, max(1, rounded))


def count_of(keys, n):
    if "block" not in keys:
        return kept_of(keys, n)
    block = int(float(keys["block"]))
    whole, tail = divmod(n, block)
    return whole * kept_of(keys, block) + (kept_of(keys, tail) if tail else 0)


# Bodies of values stages: (body, n) -> list of floats


def require_size(body, size):
    require(len(body) == size, "BODY", f"{len(body)} bytes where {size} are asked for")


def require_finite(values):
    require(all(map(math.isfinite, values)), "BODY", "a value is not finite")
    return values


def decode_none(body, n, _keys):
    require_size(body, 4 * n)
    return require_finite(list(struct.unpack(f"<{n}f", body)))


def decode_bf16(body, n, _keys):
    require_size(body, 2 * n)
    words = struct.unpack(f"<{n}H", body)
    return require_finite([struct.unpack("<f", struct.pack("<I", word << 16))[0] for word in words])


def decode_fp16(body, n, _keys):
    require_size(body, 2 * n)
    return require_finite(list(struct.unpack(f"<{n}e", body)))


def plane_size(bits, n):
    return 16 * -(-n * bits // 128)


def read_plane(data, bits, n):
    per_group = 128 // bits
    return [
        data[16 * (i // per_group) + i % 16] >> bits * (i % per_group // 16) & 2**bits - 1
        for i in range(n)
    ]


def planes_of(width):
    return [bits for bits in (8, 4, 2, 1) if width & bits]


def read_planes(data, width, n):
    codes = [0] * n
    at = shift = 0
    for bits in planes_of(width):
        plane = read_plane(data[at:], bits, n)
        codes = [code | field << shift for code, field in zip(codes, plane)]
        at += plane_size(bits, n)
        shift += bits
    return codes


def read_trits(data, n):
    codes = [0] * (len(data) * 5)
    for at, byte in enumerate(data):
        t = byte
        for i in range(5):
            t *= 3
            codes[at // 16 * 80 + 16 * i + at % 16] = t >> 8
            t &= 255
    return codes[:n]


def read_elias(data, n, levels):
    bits = "".join(f"{byte:08b}" for byte in data)
    at = 0

    def take(count):
        nonlocal at
        require(at + count <= len(bits), "BODY", "the codes are cut off")
        at += count
        return int(bits[at - count : at], 2)

    codes = []
    for _ in range(n):
        number = 1
        while take(1):
            require(number <= levels + 1, "BODY", f"level {number - 1}")
            number = 1 << number | take(number)
        require(number <= levels + 1, "BODY", f"level {number - 1}")
        level = number - 1
        codes.append(levels - level if level and take(1) else levels + level)
    require(len(bits) - at < 8, "BODY", "bytes follow the last code")
    require("1" not in bits[at:], "BODY", "bits follow the last code")
    return codes


def read_frequencies(data, levels):
    """Frequencies by code, and the bytes they take."""
    require(len(data) >= 2, "BODY", "no frequency table")
    first, last = data[0], data[1]
    require(first <= last <= 2 * levels, "BODY", f"codes {first} to {last}")
    frequencies = {}
    at = 2
    for code in range(first, last + 1):
        require(at < len(data), "BODY", "the frequency table is cut off")
        value = data[at]
        at += 1
        if value >= 128:
            require(at < len(data) and 0 < data[at] < 128, "BODY", "a frequency is malformed")
            value = value - 128 + 128 * data[at]
            at += 1
        frequencies[code] = value
    require(sum(frequencies.values()) == 4096, "BODY", "the frequencies do not sum to 4096")
    require(frequencies[first] and frequencies[last], "BODY", "zeros at the ends of the table")
    return frequencies, at


def read_rans(data, n, levels):
    frequencies, at = read_frequencies(data, levels)
    require(len(data) >= at + 16, "BODY", "the states are cut off")
    states = list(struct.unpack("<4I", data[at : at + 16]))
    require(all(2**15 <= x < 2**31 for x in states), "BODY", "a state is out of range")
    at += 16
    slots = []
    starts = {}
    for code, frequency in frequencies.items():
        starts[code] = len(slots)
        slots += [code] * frequency
    codes = []
    for i in range(n):
        x = states[i % 4]
        slot = x % 4096
        code = slots[slot]
        x = frequencies[code] * (x // 4096) + slot - starts[code]
        if x < 2**15:
            require(at + 2 <= len(data), "BODY", "the words are cut off")
            x = x * 65536 + data[at] + 256 * data[at + 1]
            at += 2
        states[i % 4] = x
        codes.append(code)
    require(at == len(data), "BODY", "bytes follow the last word")
    require(states == [2**15] * 4, "BODY", "the states do not end at 2**15")
    return codes


CODED = {"elias": read_elias, "rans": read_rans}


def decode_levels(body, n, levels, block, trits, entropy):
    size = max(1, min(block, n))
    blocks = -(-n // size)
    start = padded(4 * blocks)
    width = (2 * levels).bit_length()
    codes_size = 16 * -(-n // 80) if trits else sum(plane_size(bits, n) for bits in planes_of(width))
    mode = 0
    if entropy != "none":
        require(body, "BODY", "no mode")
        body, mode = body[:-1], body[-1]
        require(mode <= 1, "BODY", f"mode {mode}")
    if mode == 0:
        require_size(body, start + codes_size)
    else:
        require(start <= len(body) < start + codes_size, "BODY", "size of coded codes")
    scales = struct.unpack(f"<{blocks}f", body[: 4 * blocks])
    for scale in scales:
        sound = scale >= 0 and math.copysign(1, scale) > 0 and scale * levels <= FLOAT32_MAX
        require(sound, "BODY", f"scale {scale}")
    if mode == 1:
        codes = CODED[entropy](body[start:], n, levels)
    else:
        codes = read_trits(body[start:], n) if trits else read_planes(body[start:], width, n)
    return require_finite([float32((code - levels) * scales[i // size]) for i, code in enumerate(codes)])


def decode_qsgd(body, n, keys):
    levels, block = int(float(keys["levels"])), int(float(keys["block"]))
    return decode_levels(body, n, levels, block, False, keys["entropy"])


def decode_terngrad(body, n, keys):
    return decode_levels(body, n, 1, n, keys["pack"] == "trits", keys["entropy"])


def decode_quantile(body, n, keys):
    bits, block = int(float(keys["bits"])), int(float(keys["block"]))
    blocks = -(-n // block)
    start = 16 + padded(2 * blocks)
    require_size(body, start + plane_size(bits, n))
    require(1 <= body[0] <= 64, "BODY", f"ratio {body[0]}")
    scales = struct.unpack(f"<{blocks}H", body[16 : 16 + 2 * blocks])
    require(all(q <= 0xFEFF for q in scales), "BODY", "a scale is not finite")
    values = []
    for i, code in enumerate(read_plane(body[start:], bits, n)):
        scale = struct.unpack("<f", struct.pack("<I", scales[i // block] << 15))[0]
        magnitude = scale if bits == 1 or code & 2 else float32(scale * body[0] / 64)
        values.append(-magnitude if code & 1 else magnitude)
    return values


VALUES = {
    "none": decode_none,
    "bf16": decode_bf16,
    "fp16": decode_fp16,
    "qsgd": decode_qsgd,
    "terngrad": decode_terngrad,
    "quantile": decode_quantile,
}


# Select stages


def read_indices(data, r, kept, n):
    split = -(-kept * r // 8)
    require(split <= len(data), "BODY", "the remainders are cut off")
    remainders = int.from_bytes(data[:split], "little")
    unary = data[split:]
    quotients = []
    zeros = used = 0
    for at, byte in enumerate(unary):
        for bit in range(8):
            if byte >> bit & 1:
                quotients.append(zeros)
                zeros, used = 0, at + 1
            else:
                zeros += 1
    require(len(quotients) == kept, "BODY", f"{len(quotients)} indices of {kept}")
    require(used == len(unary), "BODY", "bytes follow the last index")
    require(remainders >> kept * r == 0, "BODY", "bits follow the last remainder")
    indices = []
    following = 0
    for quotient in quotients:
        following += quotient << r | remainders & (1 << r) - 1
        remainders >>= r
        require(following < n, "BODY", f"index {following} of {n} elements")
        indices.append(following)
        following += 1
    return indices


def decode_topk(body, n, keys, value_name, value_keys):
    require(len(body) >= 16, "BODY", "no sub-header")
    kept, value_size, index_size, r = struct.unpack("<IIIB", body[:13])
    require_size(body, 16 + value_size + index_size)
    require(kept <= count_of(keys, n), "BODY", f"{kept} values kept")
    require(r <= 24, "BODY", f"Rice parameter {r}")
    values = VALUES[value_name](body[16 : 16 + value_size], kept, value_keys)
    index_list = body[16 + value_size :]
    require(kept < n or not index_list, "BODY", "an index list where everything is kept")
    indices = range(n) if kept == n else read_indices(index_list, r, kept, n)
    return scatter(values, indices, n)


def random_indices(n, k, select, key):
    draws = uniform_draws(key)
    if select == "stratified":
        for j in range(k):
            a, b = j * n // k, (j + 1) * n // k
            yield a + min(b - a - 1, math.floor(next(draws) * (b - a)))
        return
    chosen = 0
    for i in range(n):
        if chosen < k and next(draws) * (n - i) < k - chosen:
            chosen += 1
            yield i


def decode_randomk(body, n, keys, value_name, value_keys, key):
    k = count_of(keys, n)
    values = VALUES[value_name](body, k, value_keys)
    return scatter(values, range(n) if k == n else random_indices(n, k, keys["select"], key), n)


def scatter(values, indices, n):
    out = [0.0] * n
    for value, index in zip(values, indices):
        out[index] = value
    return out


# Payloads


def checksum_offset(message_end, message):
    """Where the four bytes of the checksum are: the fixed-width fields come last."""
    for back in (10, 20):
        at = len(message) - back
        if at >= 0 and message[at] == 0x2D and message[at + 5] == 0x35:
            return message_end - back + 1
    raise Refused("HEADER", "the checksum is not where it must be")


def decode_payload(data):
    require(data[:2] == b"GW"[: len(data)], "FOREIGN", "no magic")
    require(len(data) >= 8, "TRUNCATED", "shorter than the prelude")
    version, units, message_size, zero = struct.unpack("<BBHH", data[2:8])
    require(version == 1, "VERSION", f"version {version}")
    require(16 * units >= 8 + message_size and zero == 0, "HEADER", "lengths contradict")
    require(len(data) >= 16 * units, "TRUNCATED", "the header is cut off")
    message = data[8 : 8 + message_size]
    fields = read_message(message, "HEADER")
    n, body_size = fields.get(3, 0), fields.get(4, 0)
    require(n <= MAX_ELEMENTS, "LIMIT", f"{n} elements")
    require(len(data) >= 16 * units + body_size, "TRUNCATED", "the body is cut off")
    require(len(data) == 16 * units + body_size, "OVERSIZED", "bytes behind the body")
    require((7 in fields) == (8 in fields), "HEADER", "half a key")
    at = checksum_offset(8 + message_size, message)
    header, body = data[: 16 * units], data[16 * units :]
    seal = checksum(body, checksum(header[:at] + bytes(4) + header[at + 4 :], 0))
    require(seal == fields[5], "CHECKSUM", f"{seal:08x}")
    stages = parse_spec(fields.get(2, b"").decode("ascii", "replace"))
    require(read_packed(fields.get(1, b"")) == [IDS[name] for name, _ in stages], "CODEC", "ids")
    keyed = stages[0][0] == "randomk"
    require(keyed == (7 in fields), "HEADER", "a key too many or too few")
    name, keys = stages[0]
    if name not in SELECT:
        return VALUES[name](body, n, keys)
    value = stages[1] if len(stages) == 2 else ("none", {})
    if keyed:
        return decode_randomk(body, n, keys, *value, (fields[7], fields[8]))
    return decode_topk(body, n, keys, *value)


# Snapshots and frames


def read_snapshot(data):
    fields = read_message(data, "SNAPSHOT")
    require(fields.get(1, 0) == 1, "SNAPSHOT", "version")
    residual = fields.get(6, b"")
    require(len(residual) == 4 * fields.get(3, 0), "SNAPSHOT", "length")
    low, high = fields.get(4, 0), fields.get(5, 0)
    step_seed = checksum(struct.pack("<II", low, high), 0)
    require(checksum(residual, step_seed) == fields.get(7, 0), "SNAPSHOT", "checksum")
    step = low + high * 2**32
    return f"{fields[2].decode('ascii')} {step} {residual.hex()}"


def read_frame(data):
    require(data[:2] == b"GW", "MAGIC", "no magic")
    require(data[2] == 2, "VERSION", f"version {data[2]}")
    check = 0x6A09E667
    for (word,) in struct.iter_unpack("<I", data[:28]):
        check = (check ^ word) * 0x9E3779B1 & WORD
        check = (check << 13 | check >> 19) & WORD
    word, epoch, operation, tag, size, seal, expected = struct.unpack("<7I", data[4:32])
    flags, context = word & 0xFF, word >> 8
    require(check == expected, "HEADER", "check")
    payload = data[32:]
    require(len(payload) == size, "LENGTH", f"{len(payload)} bytes")
    require(not flags & 1 or checksum(payload, 0) == seal, "CHECKSUM", "payload")
    return f"{data[3]} {flags} {context} {epoch} {operation} {tag} {payload.hex()}"


def answer(request):
    kind, *words = request.split(" ")
    if kind == "payload":
        values = decode_payload(bytes.fromhex(words[0]))
        return struct.pack(f"<{len(values)}f", *values).hex()
    if kind == "snapshot":
        return read_snapshot(bytes.fromhex(words[0]))
    if kind == "frame":
        return read_frame(bytes.fromhex(words[0]))
    if kind == "checksum":
        return str(checksum(bytes.fromhex(words[1]), int(words[0])))
    if kind == "draws":
        draws = uniform_draws((int(words[0]), int(words[1])))
        return " ".join(str(int(next(draws) * 2**53)) for _ in range(int(words[2])))
    raise ValueError(f"unknown request {kind}")


def main():
    for line in sys.stdin:
        try:
            print(answer(line.rstrip("\n")), flush=True)
        except Refused as refusal:
            print(f"refused {refusal.code} {refusal}", flush=True)


if __name__ == "__main__":
    main()
