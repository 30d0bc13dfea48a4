"""What waits is sent to a real mail server, at least once, whatever the server does."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.sqlite import connect
from callrec.config import Mail
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.mail.outbox import Message, is_time_to_send, queue_mail, read_messages
from callrec.mail.sending import SentMail, send_waiting
from callrec.office.status import read_status
from callrec.people.powers import disable_person
from callrec.practice import writing
from house.mailbox import SENDER, Mailbox, mail_server, use_mail
from house.practices import FULL_PRACTICE_NAME, House
from house.processes import Child, begin
from house.requests import by_sql, rows, signed_in


@pytest.fixture
def server() -> Iterator[Mailbox]:
    with mail_server() as running:
        yield running


def queue(house: House, *logins: str, line: str = "R-17 was denied") -> None:
    """One message to each."""
    sam = signed_in(house, "sam")
    with writing(house.practice, sam.signer) as act:
        to = [signed_in(house, login).person.id for login in logins or ("sam",)]
        queue_mail(
            house.practice, act.connection, to=to, about=line.split(maxsplit=1)[0], line=line
        )


def messages(house: House) -> tuple[Message, ...]:
    with reading(house.practice.engine) as connection:
        return read_messages(connection)


def send(house: House) -> SentMail:
    return send_waiting(house.practice, "")


def pass_minutes(house: House, minutes: int) -> None:
    house.at += timedelta(minutes=minutes)


def nobody_listens(server: Mailbox) -> Mail:
    """A server that was here and is gone."""
    server.process.kill()
    server.process.wait()
    return server.mail()


def test_a_message_says_what_waits_what_to_type_and_whose_it_is(
    house: House, server: Mailbox
) -> None:
    use_mail(house, server.mail())
    queue(house, line="R-17 awaits your decision, due 3 December 2026")
    queue(house, line="I-3 was reported to you; it waits")
    assert send(house) == SentMail(taken=2, refused=(), waiting=0)
    first, second = server.message(), server.message()
    assert first["Subject"] == "R-17 awaits your decision"
    assert (first["From"], first["To"]) == (SENDER, "sam@practice.test")
    assert first["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
    assert first.get_content() == (
        "R-17 awaits your decision, due 3 December 2026.\n\n"
        "To see it, type: callrec request show R-17\n\n"
        f"{FULL_PRACTICE_NAME}\n"
    )
    assert second["Subject"] == "I-3 was reported to you"
    assert "callrec incident show I-3\n" in second.get_content()


def test_it_is_written_down_when_a_message_was_tried_and_taken(
    house: House, server: Mailbox
) -> None:
    use_mail(house, server.mail())
    queue(house)
    pass_minutes(house, 3)
    send(house)
    (message,) = messages(house)
    assert message.tried_at == message.taken_at == house.at
    assert send(house) == SentMail(taken=0, refused=(), waiting=0)
    assert server.message()
    assert server.is_quiet


def test_sending_writes_no_leaf(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house)
    before = rows(house, "SELECT seq FROM leaf")
    send(house)
    assert rows(house, "SELECT seq FROM leaf") == before


def test_a_message_that_is_refused_for_now_waits_and_the_others_go(house: House) -> None:
    with mail_server(answers={"RCPT": ["450 try later"]}) as server:
        use_mail(house, server.mail())
        queue(house, "sam", "max")
        assert send(house) == SentMail(taken=1, refused=(450,), waiting=1)
        assert server.message()["To"] == "max@practice.test"
        refused, taken = messages(house)
        assert (refused.tried_at, refused.taken_at, taken.taken_at) == (house.at, None, house.at)
        assert send(house) == SentMail(taken=1, refused=(), waiting=0)
        assert server.message()["To"] == "sam@practice.test"


def test_a_server_that_is_down_keeps_nothing_from_being_sent_later(
    house: House, server: Mailbox
) -> None:
    use_mail(house, nobody_listens(server))
    queue(house)
    with pytest.raises(Failed, match="cannot be reached"):
        send(house)
    (message,) = messages(house)
    assert (message.tried_at, message.taken_at) == (house.at, None)
    with mail_server(port=server.port) as again:
        assert send(house).taken == 1
        assert again.message()["To"] == "sam@practice.test"


def test_a_server_that_goes_away_in_between_leaves_the_rest_to_be_sent(house: House) -> None:
    with mail_server(answers={"RCPT": ["250 ok", "421 closing"]}) as server:
        use_mail(house, server.mail())
        queue(house, "sam", "max")
        with pytest.raises(Failed, match="closed the connection"):
            send(house)
        assert [message.taken_at is None for message in messages(house)] == [False, True]
        send(house)
        found = [server.message()["To"] for _ in range(2)]
    assert found == ["sam@practice.test", "max@practice.test"]


def test_what_is_queued_while_it_is_sent_is_sent_too(house: House) -> None:
    with mail_server(asks=True) as server:
        process = sender(house, server)
        first = server.message()
        queue(house, "max")
        server.go_on()
        second = server.message()
        server.go_on()
        assert process.ended().told == 2
    assert (first["To"], second["To"]) == ("sam@practice.test", "max@practice.test")
    assert all(message.taken_at for message in messages(house))


def sender(house: House, server: Mailbox) -> Child:
    """A process that sends one message to sam, and what else it finds."""
    use_mail(house, server.mail())
    queue(house)
    house.close()
    return begin(lambda: send(house).taken)


def test_a_sender_that_is_killed_before_it_is_written_down_sends_the_same_again(
    house: House,
) -> None:
    with mail_server(asks=True) as server:
        process = sender(house, server)
        first = server.message()
        with transaction(house.practice.engine):  # so that it cannot write what it is told
            server.go_on()
            os.kill(process.number, signal.SIGKILL)
            assert process.ended().status == -signal.SIGKILL
        (message,) = messages(house)
        assert message.tried_at is not None
        assert message.taken_at is None
        server.go_on()
        assert send(house).taken == 1
        second = server.message()
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_each_message_has_an_id_of_its_own(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house, "sam", "max")
    queue(house, "sam")
    send(house)
    assert len({server.message()["Message-ID"] for _ in range(3)}) == 3


def test_two_senders_send_one_after_the_other(house: House) -> None:
    """The second begins when the first is done, and finds nothing left."""
    with mail_server(asks=True) as server:
        first = sender(house, server)
        assert server.message()
        folder = os.open(house.folder / "vault", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(folder)
        server.go_on()
        assert send(house) == SentMail(taken=0, refused=(), waiting=0)
        assert first.ended().told == 1
        assert server.is_quiet


def test_on_a_copy_that_cannot_be_written_nothing_is_sent(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house)
    catalogue = connect(house.folder / "vault" / "catalogue.sqlite", mode="ro")
    copy = replace(house.practice, engine=catalogue)
    with pytest.raises(Failed, match="cannot be written"):
        send_waiting(copy, "")
    assert server.is_quiet


def test_who_has_no_address_any_more_is_not_written_to(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house, "sam", "max")
    use_mail(house, server.mail(people={"max": "max@practice.test"}))
    assert send(house) == SentMail(taken=1, refused=(), waiting=1)
    assert server.message()["To"] == "max@practice.test"


def test_a_line_that_is_none_of_ours_is_not_sent(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house, "sam", "max")
    by_sql(house, "UPDATE outbox SET line = 'R-17 pay at http://evil.test' WHERE id = 1")
    with pytest.raises(Tampered, match="did not write"):
        send(house)
    assert server.message()["To"] == "max@practice.test"
    assert server.is_quiet


def test_without_a_mail_server_nothing_can_be_sent(house: House) -> None:
    with pytest.raises(Misconfigured, match="no mail server"):
        send(house)
    assert not is_time_to_send(house.practice)


def test_it_is_time_when_something_waits_that_was_not_tried(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    assert not is_time_to_send(house.practice)
    queue(house)
    assert is_time_to_send(house.practice)
    send(house)
    assert not is_time_to_send(house.practice)


def test_it_is_not_time_for_who_has_no_address(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house)
    use_mail(house, server.mail(people={}))
    assert not is_time_to_send(house.practice)


def test_a_server_that_took_nothing_is_left_alone_for_five_minutes(
    house: House, server: Mailbox
) -> None:
    use_mail(house, nobody_listens(server))
    queue(house)
    with pytest.raises(Failed):
        send(house)
    pass_minutes(house, 4)
    queue(house, "max")
    assert not is_time_to_send(house.practice)
    pass_minutes(house, 1)
    assert is_time_to_send(house.practice)


def test_one_message_that_is_refused_keeps_no_other_waiting(house: House) -> None:
    with mail_server(answers={"RCPT": ["550 unknown"]}) as server:
        use_mail(house, server.mail())
        queue(house, "sam", "max")
        send(house)
    pass_minutes(house, 1)
    assert not is_time_to_send(house.practice)
    queue(house, "max")
    assert is_time_to_send(house.practice)


def test_a_message_waits_as_long_again_as_it_has_waited_and_a_day_at_most(
    house: House, server: Mailbox
) -> None:
    use_mail(house, nobody_listens(server))
    queue(house)
    for minutes, expected in ((60, 60), (60 * 24 * 5, 60 * 24)):
        pass_minutes(house, minutes)
        with pytest.raises(Failed):
            send(house)
        pass_minutes(house, expected - 1)
        assert not is_time_to_send(house.practice)
        pass_minutes(house, 1)
        assert is_time_to_send(house.practice)


def test_a_clock_that_was_set_back_keeps_nothing_waiting(house: House, server: Mailbox) -> None:
    use_mail(house, nobody_listens(server))
    queue(house)
    with pytest.raises(Failed):
        send(house)
    pass_minutes(house, -60)
    assert is_time_to_send(house.practice)


def warnings(house: House) -> list[str]:
    return [each for each in read_status(house.practice, None).warnings if "mail" in each]


def test_mail_that_has_waited_for_an_hour_is_warned_of(house: House, server: Mailbox) -> None:
    use_mail(house, server.mail())
    queue(house)
    pass_minutes(house, 59)
    assert warnings(house) == []
    pass_minutes(house, 1)
    assert warnings(house) == [
        "mail waits since Tue 24 Nov 2026, 12:00; run callrec practice mail list"
    ]
    send(house)
    assert warnings(house) == []


def test_mail_to_whoever_has_left_or_has_no_address_any_more_is_not_warned_of(
    house: House, server: Mailbox
) -> None:
    use_mail(house, server.mail())
    queue(house)
    pass_minutes(house, 60)
    use_mail(house, server.mail(people={"max": "max@practice.test"}))
    assert warnings(house) == []
    use_mail(house, server.mail())
    assert warnings(house) != []
    disable_person(house.practice, signed_in(house, "dora"), login="sam")
    house.open()
    assert warnings(house) == []


def test_an_address_of_nobody_is_warned_of(house: House, server: Mailbox) -> None:
    people = {"sma": "sam@practice.test", "max": "max@practice.test"}
    use_mail(house, server.mail(people=people))
    assert warnings(house) == ["[mail.people] gives an address to 1 whose login nobody has"]
