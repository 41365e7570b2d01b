"""From options to a worker at work: loads PyTorch and the data sets, says hello, does tasks.

Imported after the environment variables are set: see `__main__.py`.
"""

import os
import sys
from functools import partial

from archloom_worker import schema, tasks
from archloom_worker.bridge import Bridge
from archloom_worker.calls import Calls
from archloom_worker.command_line import Options
from archloom_worker.data.store import DatasetStore
from archloom_worker.determinism import apply_flags, choose_device
from archloom_worker.errors import DataError
from archloom_worker.events import PointReached, ReportMade
from archloom_worker.fingerprint import measure_fingerprint
from archloom_worker.logs import forward_logs
from archloom_worker.module_sources import module_hash
from archloom_worker.modules import Modules
from archloom_worker.protocol import TaskKey
from archloom_worker.transport import CurveKeys, Link, routing_id


def serve(options: Options, keys: CurveKeys | None) -> int:
    """Starts everything in order, then does tasks on this thread; returns the exit code.

    Raises:
        EnvironmentProblem: When the worker cannot start here.
    """
    # In front, as a script's own folder is.
    sys.path[:0] = [str(folder.resolve()) for folder in options.python_path]
    services, hello = prepare(options)
    link = Link(options.connect, routing_id(options.name), keys)
    bridge = Bridge(link, hello, options.patience_seconds, guarded=_is_guarded(options))
    forward_logs(bridge.report, options.log_level)
    bridge.start()
    do_tasks(bridge, services)
    return bridge.finish()


def prepare(options: Options) -> tuple[tasks.Services, schema.Hello]:
    """Sets PyTorch up, reads the data sets, and measures what the worker runs on.

    Raises:
        EnvironmentProblem: When the device, the lock file or a module is not there.
    """
    device = choose_device(options.device)
    settings = apply_flags(options.determinism, options.threads, device)
    store = DatasetStore(device, options.data_folder)
    facts: list[schema.DatasetFacts] = []
    problems: list[schema.DatasetProblem] = []
    for name in dict.fromkeys(options.dataset):
        try:
            facts.append(store.facts(name))
        except DataError as error:
            problem = schema.DatasetProblem(name=name, kind=error.kind, message=error.message)
            problems.append(problem)
    hello = schema.Hello(
        protocol_version=schema.PROTOCOL_VERSION,
        worker=options.name,
        pid=os.getpid(),
        capabilities=tasks.capabilities(calls=bool(options.allow)),
        slots=1,
        fingerprint=measure_fingerprint(
            options.lock, device, settings, facts, identify_modules(options)
        ),
        datasets=tuple(facts),
        dataset_problems=tuple(problems),
    )
    calls = Calls(Modules(options.allow, options.python_path))
    return tasks.Services(device, store, calls, options.root), hello


def _is_guarded(options: Options) -> bool:
    """Whether the orchestrator itself started this worker; over TCP standard input is another's."""
    return options.watch_stdin and options.connect.startswith("ipc://")


def identify_modules(options: Options) -> list[schema.ModuleIdentity]:
    """Which version of what may be called this is.

    Raises:
        EnvironmentProblem: When there is no such module.
    """
    return [
        schema.ModuleIdentity(name=name, content_hash=module_hash(name, options.python_path))
        for name in sorted(set(options.allow))
    ]


def do_tasks(bridge: Bridge, services: tasks.Services) -> None:
    """Does one task after the other until the bridge says that it is time to go."""
    while (assignment := bridge.next_task()) is not None:
        key = assignment.order.key
        ended = tasks.perform(
            assignment.order,
            services,
            on_point=partial(_report_point, bridge, key),
            check=assignment.check,
            on_report=partial(_report, bridge, key),
            should_finish=assignment.should_finish,
        )
        bridge.report(ended)


def _report_point(bridge: Bridge, key: TaskKey, point: schema.CurvePoint) -> None:
    bridge.report(PointReached(key, point))


def _report(bridge: Bridge, key: TaskKey, report: schema.JsonObject) -> None:
    bridge.report(ReportMade(key, report))
