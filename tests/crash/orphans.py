"""Run as a program: `orphans.py fork|spawn` starts a pool of three, prints its process ids and waits to be killed."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from saksi.views.orphan import end_with_parent


def _who(_: int) -> int:
    time.sleep(0.3)
    return os.getpid()


if __name__ == "__main__":
    with ProcessPoolExecutor(3, mp_context=get_context(sys.argv[1]), initializer=end_with_parent) as pool:
        print(*sorted(set(pool.map(_who, range(3)))), flush=True)
        time.sleep(60)
