"""The Chinese catalogue is complete, and the tool that says so would see a gap."""

from pathlib import Path

import polib
import pytest

from entrepot.doors.kit import messages


def test_every_text_has_its_chinese() -> None:
    assert messages.check() == []


def test_texts_are_found_in_modules_and_templates(tmp_path: Path) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "code.py").write_text(
        'from x import _\n_("One")\npgettext_lazy("fruit", "Orange")\nngettext("%(n)d day", "%(n)d days", n) % {}\n'
        '_(name)\ngettext("Three " "parts")\n'
    )
    (room / "templates" / "a.html").write_text(
        """<p>It's {% translate "Four (4)" %}{% translate 'Fi"ve' %}{{ x|default:_("Six") }}</p>
        {% blocktranslate with n=a.b %}{{ n }} of 100%{% endblocktranslate %}
        {% blocktranslate count n=c %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
        {% translate "Goods" context "column" %}{# {% translate "Never" %} #}"""
    )
    found = {(message.text, message.context, message.plural) for message in messages.extract(tmp_path)}
    assert found == {
        ("One", None, None),
        ("Orange", "fruit", None),
        ("%(n)d day", None, "%(n)d days"),
        ("Three parts", None, None),
        ("Four (4)", None, None),
        ('Fi"ve', None, None),
        ("Six", None, None),
        ("%(n)s of 100%%", None, None),
        ("%(n)s row", None, "%(n)s rows"),
        ("Goods", "column", None),
    }


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source folder with one text and an empty catalogue."""
    (tmp_path / "code.py").write_text('_("%(n)s left")\n')
    path = tmp_path / "locale" / "django.po"
    found = messages.extract(tmp_path)
    monkeypatch.setattr(messages, "_PLACE", path)
    monkeypatch.setattr(messages, "extract", lambda source: found)
    return path


def test_a_gap_a_lost_placeholder_a_stale_file_and_a_leftover_are_seen(own_catalogue: Path) -> None:
    assert messages.update() == ["%(n)s left"]
    assert [fault.split(":")[0] for fault in messages.check()] == ["no translation"]
    messages.add({"%(n)s left": "剩余"})
    assert [fault.split(":")[0] for fault in messages.check()] == ["lost placeholders"]
    messages.add({"%(n)s left": "剩余 %(m)s"})
    assert [fault.split(":")[0] for fault in messages.check()] == ["other placeholders"]
    messages.add({"%(n)s left": "剩余 %(n)s"})
    assert messages.check() == []
    messages.add({"Gone": "没了"})
    assert messages.check() == ["used nowhere: 'Gone'"]
    messages.update(prune=True)
    assert messages.check() == []
    book = polib.pofile(str(own_catalogue))
    book[0].msgstr = "还剩 %(n)s"
    book.save()
    assert "stale" in messages.check()[0]
