"""Entry of the worker process: `python -m archloom_worker --help`.

PyTorch and NumPy read their environment variables when they are imported, so nothing at the top of
this file, or of what it imports there, may import them.
"""

import os
import signal
import sys
from collections.abc import Sequence

from archloom_worker.command_line import parse_arguments
from archloom_worker.determinism import hide_devices, prepare_environment
from archloom_worker.errors import EXIT_WORKER, EnvironmentProblem
from archloom_worker.guardian import die_with_stdin
from archloom_worker.transport import check_endpoint, curve_keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a worker until it is sent away; returns the process's exit code."""
    options = parse_arguments(arguments)
    # A terminal sends Ctrl-C to every process of the group; the orchestrator decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if options.watch_stdin:
        die_with_stdin(options.connect)
    # The secret leaves the environment at once, so that no process started later inherits it.
    secret_key = os.environ.pop(options.secret_key_env, None)
    try:
        keys = curve_keys(options.server_key, options.public_key, secret_key)
        check_endpoint(options.connect, keys)
        prepare_environment(options.determinism, options.threads)
        hide_devices(options.device)
        from archloom_worker.startup import serve  # noqa: PLC0415 - see the head of this file

        return serve(options, keys)
    except EnvironmentProblem as problem:
        print(problem.message, file=sys.stderr, flush=True)
        return EXIT_WORKER


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's teardown, which takes PyTorch a part of a second for nothing.
    os._exit(exit_code)
