"""Alarms after ISA-18.2: raised, acknowledged, returned; held back and held on so that none chatters."""

from __future__ import annotations

import pytest

from runtime.messages.state import STOP_PRESSED, Mode
from runtime.messages.system import AlarmPhase, Event, Priority
from runtime.supervision.alarms import AlarmBook, Condition
from runtime.supervision.conditions import Measures
from tests.support.supervised import SECOND_NS, MadeUpCell, alarms_of

TENTH_NS = SECOND_NS // 10

HOT = Condition("motor.hot", Priority.HIGH, "hardware", "motor 2 is hot", "limited", "look")


def phases(book: AlarmBook, now_ns: int) -> dict[str, AlarmPhase]:
    return {alarm.alarm_id: alarm.phase for alarm in book.alarm_list(now_ns=now_ns).alarms}


def test_an_alarm_is_raised_acknowledged_and_returns_to_normal() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    assert phases(book, 0) == {"motor.hot": AlarmPhase.UNACKNOWLEDGED}
    assert book.acknowledge("motor.hot") == ""
    assert phases(book, 0) == {"motor.hot": AlarmPhase.ACKNOWLEDGED}
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 2 * SECOND_NS) == {}


def test_an_alarm_that_returns_unseen_stays_until_a_person_has_seen_it() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 0) == {"motor.hot": AlarmPhase.RETURNED_UNACKNOWLEDGED}
    book.acknowledge("motor.hot")
    assert phases(book, 0) == {}
    assert "no alarm" in book.acknowledge("motor.hot")


def test_a_gone_alarm_keeps_the_moment_until_which_it_held_and_loses_it_when_it_comes_back() -> None:
    book = AlarmBook()
    for second in range(4):
        book.update([HOT], now_ns=second * SECOND_NS)
    for second in range(4, 60):
        book.update([], now_ns=second * SECOND_NS)
    (alarm,) = book.alarm_list(now_ns=60 * SECOND_NS).alarms
    assert (alarm.since_ns, alarm.gone_ns) == (0, 3 * SECOND_NS)
    book.update([HOT], now_ns=60 * SECOND_NS)
    (alarm,) = book.alarm_list(now_ns=60 * SECOND_NS).alarms
    assert alarm.gone_ns == 0


def test_a_flickering_condition_raises_one_alarm() -> None:
    book = AlarmBook()
    for tenth in range(50):
        book.update([HOT] if tenth % 2 else [], now_ns=tenth * SECOND_NS // 10)
    (alarm,) = book.alarm_list(now_ns=0).alarms
    assert alarm.count == 1


def test_a_policy_that_is_late_now_and_then_is_one_alarm_that_ends_when_it_is_in_time_again() -> None:
    book, lines = AlarmBook(), list[Event]()
    for tenth in range(1000):
        late = tenth % 40 < 8  # eight looks, then three seconds in time
        lines += book.update(alarms_of(MadeUpCell(inference_s=0.5 if late else 0.05)), now_ns=tenth * TENTH_NS)
    assert [line.level for line in lines] == ["warning"]
    for tenth in range(1000, 1200):
        lines += book.update(alarms_of(MadeUpCell()), now_ns=tenth * TENTH_NS)
    assert [line.level for line in lines] == ["warning", "info"]


def test_a_single_late_look_is_no_alarm() -> None:
    book = AlarmBook()
    late = alarms_of(MadeUpCell(inference_s=0.5))
    for tenth in range(200):
        assert not book.update(late if tenth % 20 < 4 else [], now_ns=tenth * TENTH_NS)
    assert book.alarm_list(now_ns=0).alarms == ()


def test_an_alarm_that_comes_back_is_counted_and_wants_to_be_seen_again() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    book.acknowledge("motor.hot")
    book.update([], now_ns=2 * SECOND_NS)
    book.update([HOT], now_ns=3 * SECOND_NS)
    (alarm,) = book.alarm_list(now_ns=0).alarms
    assert (alarm.phase, alarm.count, alarm.since_ns) == (AlarmPhase.UNACKNOWLEDGED, 2, 3 * SECOND_NS)


def test_the_most_urgent_alarm_stands_first() -> None:
    book = AlarmBook()
    urgent = Condition("cell.fault", Priority.CRITICAL, "control", "", "", "")
    book.update([HOT, urgent], now_ns=0)
    assert [alarm.alarm_id for alarm in book.alarm_list(now_ns=0).alarms] == ["cell.fault", "motor.hot"]


STOPPED = MadeUpCell(mode=Mode.PROTECTIVE_STOP, mode_reason=STOP_PRESSED)
ARM_GONE = MadeUpCell(mode=Mode.PROTECTIVE_STOP, mode_reason="the arm's process (plant) ended")


def test_a_stop_that_a_person_pressed_needs_no_acknowledgement_after_the_reset() -> None:
    book = AlarmBook()
    book.update(alarms_of(STOPPED), now_ns=0)
    assert phases(book, 0) == {"cell.protective_stop": AlarmPhase.UNACKNOWLEDGED}
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 0) == {}


@pytest.mark.parametrize("reason", [ARM_GONE.mode_reason, f"{ARM_GONE.mode_reason}; {STOP_PRESSED}"])
def test_any_other_protective_stop_stays_until_it_is_acknowledged(reason: str) -> None:
    book = AlarmBook()
    book.update(alarms_of(MadeUpCell(mode=Mode.PROTECTIVE_STOP, mode_reason=reason)), now_ns=0)
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 0) == {"cell.protective_stop": AlarmPhase.RETURNED_UNACKNOWLEDGED}


@pytest.mark.parametrize("order", [(ARM_GONE, STOPPED), (STOPPED, ARM_GONE)])
@pytest.mark.parametrize("reset_between", [False, True])
def test_a_persons_stop_hides_no_other_that_nobody_has_seen(
    order: tuple[MadeUpCell, MadeUpCell], *, reset_between: bool
) -> None:
    book = AlarmBook()
    now_ns = 0
    for cell in order:
        book.update(alarms_of(cell), now_ns=now_ns)
        if reset_between:
            now_ns += 2 * SECOND_NS
            book.update([], now_ns=now_ns)
        now_ns += SECOND_NS // 2
    book.update([], now_ns=now_ns + 2 * SECOND_NS)
    assert phases(book, 0) == {"cell.protective_stop": AlarmPhase.RETURNED_UNACKNOWLEDGED}


def test_a_standing_alarm_shows_the_newest_figures() -> None:
    book = AlarmBook()
    for rise in (3.0, 1.2):
        book.update(alarms_of(MadeUpCell(), measures=Measures(friction_rise=rise)), now_ns=0)
    (alarm,) = book.alarm_list(now_ns=0).alarms
    assert "1.2 ×" in alarm.cause
