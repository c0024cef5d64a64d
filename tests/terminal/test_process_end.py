"""How the process of a command ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What a library does with the memory of its threads at the end is an abort here.
PROGRAM = """
import atexit, ctypes, threading, time
import claude_tui.__main__ as program

def command():
    libc = ctypes.CDLL(None)
    libc.__cxa_atexit(ctypes.cast(libc.abort, ctypes.c_void_p), None, None)
    atexit.register(print, "tidied up")
    print("done", end=" ")
    for _ in range({threads}):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return {code}

program.main = command
program.run()
"""


def ended(*, threads: int, code: int) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(threads=threads, code=code)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's way to register an exit handler")
def test_threads_that_are_left_find_their_libraries_as_they_were() -> None:
    done = ended(threads=2, code=5)
    assert (done.returncode, done.stdout, done.stderr) == (5, "done tidied up\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's way to register an exit handler")
def test_without_threads_a_process_ends_as_any_other() -> None:
    done = ended(threads=0, code=5)
    assert done.stdout == "done tidied up\n"
    assert done.returncode < 0
