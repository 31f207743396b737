"""The demo's mails: files that somebody trying the hub can find and open."""

from __future__ import annotations

from email import message_from_bytes, policy

from django.core.mail import EmailMessage, get_connection


def test_each_mail_of_the_demo_is_a_file_of_its_own_that_names_whom_it_is_to(settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    with get_connection("hub.outgoing.mail_folder.EmailBackend") as connection:
        for n in range(30):
            to = "desk@cbsa.example" if n else "../odd/..@x.example"
            EmailMessage(f"Number {n}", "text", "hub@localhost", [to], connection=connection).send()
    files = sorted((tmp_path / "mail").iterdir())
    assert len(files) == 30 and [path.suffix for path in files] == [".eml"] * 30
    assert sum("desk@cbsa.example" in path.name for path in files) == 29
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
    assert {mail["Subject"] for mail in mails} == {f"Number {n}" for n in range(30)}
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
