"""The supervisor process of a simulated cell: claims the session, makes the shared blocks, runs the rest."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import msgspec

from runtime.link.array_block import ArrayBlock
from runtime.link.parentage import end_with_parent
from runtime.link.plant_blocks import CommandBlock, StateBlock
from runtime.link.session import SessionFolder
from runtime.messages.card import PolicyCard
from runtime.messages.cell import CellDescription
from runtime.plugin_host import read_card
from runtime.supervision.processes import ProcessSpec
from runtime.supervision.supervisor import Supervisor, SupervisorOptions
from sim_worlds.faults import CATALOGUE
from twin_app.assembly.ending import ending_signals
from twin_app.assembly.setup import Drawing, SessionSetup, data_folder_of, encode_setup, read_plugins, read_scene
from twin_app.assembly.truth_block import TRUTH, truth_shape

WORKERS = ("plant", "cameras", "control", "planner", "recorder")


def run_supervisor(setup: SessionSetup) -> int:
    """Run a session until it is shut down; raises `UserMistake` for what is wrong with it."""
    _leave_on_signals()
    if setup.ends_with_parent and not end_with_parent(parent_pid=setup.parent_pid):
        return 0  # the parent died before the kernel was asked to tell
    cards = tuple(read_card(manifest) for manifest in read_plugins(setup.cell).policies())
    drawing = read_scene(setup.cell)
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, ending_signals())  # none falls between making and keeping
    session: SessionFolder | None = None
    try:
        session = SessionFolder.create(setup.cell.cell, now_wall_ns=time.time_ns())
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        blocks = _make_blocks(session, drawing)
        supervisor = _build(setup, session, drawing.cell, cards=cards)
        _obey_signals(supervisor)
        supervisor.run()
        for block in blocks:
            block.close()
    finally:
        if session is not None:
            session.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    return 0


def _make_blocks(session: SessionFolder, drawing: Drawing) -> tuple[StateBlock | CommandBlock | ArrayBlock, ...]:
    """Made once a session, so that a worker that is started again finds what the others still use."""
    joints = len(drawing.cell.robot.joints)
    return (
        StateBlock.create(session, joints=joints),
        CommandBlock.create(session, joints=joints),
        ArrayBlock.create(session, TRUTH, shape=truth_shape(drawing.varied)),
    )


def _build(
    setup: SessionSetup, session: SessionFolder, cell: CellDescription, *, cards: tuple[PolicyCard, ...]
) -> Supervisor:
    folder = data_folder_of(setup)
    word = encode_setup(setup.cell)
    specs = tuple(
        ProcessSpec(
            name=name,
            argv=(sys.executable, "-m", "twin_app.assembly.workers", name, str(session.path), word),
            stops_cell=name != "recorder",
        )
        for name in WORKERS
    )
    options = SupervisorOptions(
        policy=setup.cell.policy,
        shadow=setup.cell.shadow,
        fallback=setup.cell.fallback,
        data_folder=folder,
        recordings_folder=folder / "recordings",
        log_folder=folder / "logs",
        mismatch=setup.cell.mismatch,
        seed=setup.cell.seed,
        record=setup.record,
        metrics_port=setup.metrics_port,
        metrics_host=setup.metrics_host,
        autostart=setup.autostart,
        heeds_last_stop=not setup.ends_with_parent,  # who calls a headless run is there, and means it
        auto_restart=setup.auto_restart,
        first_tasks=setup.first_tasks,
        cards=cards,
    )
    return Supervisor(cell=cell, session=session, specs=specs, catalogue=CATALOGUE, options=options)


def _leave_on_signals() -> None:
    """While nothing runs yet, a signal ends this process at once; what it has made so far is taken away."""

    def leave(number: int, frame: FrameType | None) -> None:
        for other in ending_signals():
            signal.signal(other, signal.SIG_IGN)  # once is enough: nothing may disturb the tidying up
        raise SystemExit(128 + number)

    for number in ending_signals():
        signal.signal(number, leave)


def _obey_signals(supervisor: Supervisor) -> None:
    """Ctrl-C, TERM and HUP end the session in order: the arm stops first."""

    def end(number: int, frame: FrameType | None) -> None:
        supervisor.ask_to_end()

    for number in ending_signals():
        signal.signal(number, end)


def main(text: str) -> int:
    """Entry of the process: the setup comes as JSON."""
    return run_supervisor(msgspec.json.decode(text, type=SessionSetup))
