"""The queue: what the cell was asked to do, and a line to ask for more."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout

from runtime.messages.requests import TEXT_LIMIT, AddTask, CancelTask, Refill
from runtime.messages.tasks import Task, TaskList, TaskStatus
from twin_app.model.state import ConsoleState
from twin_app.model.task_answers import answers, counts_words, task_story
from twin_app.model.wording import TASKS, duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import ElidedLabel
from twin_app.widgets.instruction_line import InstructionLine
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.sentence import Sentence

UNDERWAY = (TaskStatus.RUNNING, TaskStatus.VERIFYING)


class TasksPanel(Panel):
    """Instruction line above, open and finished tasks below."""

    instructed = Signal()
    """Another instruction was asked for; `instruction.history` ends with it."""

    def __init__(self) -> None:
        super().__init__(title="Tasks")
        self.instruction = InstructionLine()
        self.instruction.returnPressed.connect(self._add)
        self.instruction.textChanged.connect(self._show_add)
        self.priority = QSpinBox()
        self.priority.setRange(0, 9)
        self.priority.setPrefix("prio ")
        self.priority.setToolTip("Priority: higher goes first")
        self.add_button = QPushButton("Add")
        self.add_button.clicked.connect(self._add)
        widest = {0: "0000", 2: "interrupted", 3: "00:00"}
        self.table = RecordView(("No.", "Instruction", "State", "Time"), stretched=1, widest=widest)
        self.table.setAccessibleName("Tasks")
        self.table.chosen.connect(lambda key: self._show_chosen())
        self.cancel_button = QPushButton("Cancel task")
        self.cancel_button.setToolTip("Take the selected task out, or end it at the next chunk border (Del)")
        self.cancel_button.clicked.connect(self._cancel)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._cancel)
        self.refill_button = QPushButton("Refill tray")
        self.refill_button.setToolTip("Lay out a new set of parts (simulated cell)")
        self.refill_button.clicked.connect(lambda: self.wished.emit(Refill()))
        self.counts = ElidedLabel(name="muted")
        self.told = Sentence(name="What became of it")
        self.told.hide()
        self.story = Sentence(name="The selected task")
        self.story.hide()
        self._answered: set[str] = set()
        """Requests whose bad end was told."""

        self._tasks: TaskList | None = None
        self._commandable = False
        self._arrange()

    def show_state(self, state: ConsoleState) -> None:
        """Queue and counts."""
        self._commandable = state.may_command and state.current
        self._tasks = state.tasks
        if state.tasks is not None:
            now_wall_ns = state.now_ns + state.wall_offset_ns
            rows = [_row(task, now_wall_ns) for task in (*state.tasks.open, *state.tasks.finished)]
            self.table.show_rows(tuple(rows))
            self.counts.say(counts_words(state.tasks))
        else:
            self.table.show_rows(())
            self.counts.say("")
        self._show_answer(state)
        self._show_chosen()
        self.refill_button.setVisible(state.cell is not None and state.cell.simulated)
        self._show_buttons()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.table.apply_theme(theme)

    def _arrange(self) -> None:
        ask = QHBoxLayout()
        for widget in (self.instruction, self.priority, self.add_button):
            ask.addWidget(widget, 1 if widget is self.instruction else 0)
        foot = QHBoxLayout()
        foot.addWidget(self.counts, 1)
        foot.addWidget(self.refill_button)
        foot.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(5)
        column.addLayout(ask)
        column.addWidget(self.told)
        column.addWidget(self.table, 1)
        column.addWidget(self.story)
        column.addLayout(foot)

    def _add(self) -> None:
        words = " ".join(self.instruction.text().split())
        if len(words) > TEXT_LIMIT:
            self._tell(f"not asked for: an instruction has at most {TEXT_LIMIT} letters, this one has {len(words)}")
        elif words and self._commandable:
            self.wished.emit(AddTask(instruction=words, priority=self.priority.value()))
            self.instruction.remember(words)
            self.instruction.clear()
            self._tell("")
            self.instructed.emit()

    def _show_answer(self, state: ConsoleState) -> None:
        """Say why instructions came to nothing, and give the newest one back where that was at once."""
        fresh = [end for end in answers(state) if end.request_id not in self._answered]
        if not fresh:
            return
        self._answered.update(end.request_id for end in fresh)
        bad, *before = fresh
        back = bad.meant or (bad.instruction if bad.at_once else "")
        free = not self.instruction.text()
        if back and free:
            self.instruction.setText(back)
        if bad.meant and free:
            words = f"{bad.text} If so, press Enter.\n{bad.instruction}"
        else:
            words = bad.text if bad.at_once and not before else f"{bad.text}\n{bad.instruction}"
        self._tell("\n".join((words, *(f"{end.text}\n{end.instruction}" for end in before))))

    def _show_chosen(self) -> None:
        """Under the table, so that no row moves under the pointer that has just chosen it."""
        self._show_buttons()
        key = self.table.selected
        task = next((task for task in self._known() if str(task.task_id) == key), None)
        words = task_story(task) if task is not None else ""
        if words != self.story.text():
            self.story.setText(words)
            self.story.setVisible(bool(words))

    def _tell(self, words: str) -> None:
        self.told.setText(words)
        self.told.setVisible(bool(words))

    def _known(self) -> tuple[Task, ...]:
        return (*self._tasks.open, *self._tasks.finished) if self._tasks else ()

    def _cancel(self) -> None:
        task = self._selected()
        if task is not None and self._commandable:
            self.wished.emit(CancelTask(task_id=task.task_id))

    def _selected(self) -> Task | None:
        key = self.table.selected
        return next((task for task in self._tasks.open if str(task.task_id) == key), None) if self._tasks else None

    def _show_add(self) -> None:
        self.add_button.setEnabled(self._commandable and bool(self.instruction.text().strip()))

    def _show_buttons(self) -> None:
        self._show_add()
        self.instruction.setEnabled(self._commandable)
        self.cancel_button.setEnabled(self._commandable and self._selected() is not None)
        self.refill_button.setEnabled(self._commandable)


def _row(task: Task, now_wall_ns: int) -> Row:
    sign = TASKS[task.status]
    end_ns = task.finished_ns or (now_wall_ns if task.started_ns else 0)
    waits = task.status is TaskStatus.QUEUED  # also between two attempts
    spent = duration(max(0.0, (end_ns - task.started_ns) * 1e-9)) if task.started_ns and not waits else ""
    attempt = f" · attempt {task.attempt}" if task.attempt > 1 else ""
    priority = f" · priority {task.priority}" if task.priority else ""
    words = f"{task.instruction}{attempt}{priority}"
    over = task.finished_ns > 0
    return Row(str(task.task_id), (str(task.task_id), words, sign.text, spent), sign, quiet=over, hint=task_story(task))
