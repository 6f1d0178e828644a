"""The C reference's argon2id (argon2-cffi): the first in the process and those after it, in milliseconds of wall clock and of CPU, as JSON.

usage: python3 c_reference.py WARM HASH PASSWORD
"""

import json
import sys
import time

from argon2.low_level import Type, verify_secret


def milliseconds(stored: bytes, password: bytes) -> list[float]:
    start, cpu = time.perf_counter(), time.process_time()
    verify_secret(stored, password, Type.ID)
    return [(time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000]


if __name__ == "__main__":
    warm, stored, password = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()
    print(json.dumps([milliseconds(stored, password) for _ in range(warm + 1)]))
