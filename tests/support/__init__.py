"""What the black-box tests share: a real server in a temporary folder, raw HTTP, the API's clients, hashes and sites.

Everything temporary of one test process, its servers' logs included, lies in one folder that goes with the process: after success,
failure, an exception and SIGTERM alike. Programs that the tests start inherit it as TMPDIR.
"""
import atexit
import os
import shutil
import signal
import sys
import tempfile


def _own_temporary_folder():
    folder = tempfile.mkdtemp(prefix="sitepod-tests-")
    owner = os.getpid()

    def remove():
        if os.getpid() == owner:  # a forked child shares the folder and must leave it
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    tempfile.tempdir = folder
    os.environ["TMPDIR"] = folder
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


_own_temporary_folder()
