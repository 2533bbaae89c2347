"""The story of the product comes out over HTTP, twice on the same data, and a wrong figure stops it."""

from typing import Any

import pytest

from demo.office import StoryError
from demo.story import Story, play


def test_every_figure_of_the_story(live_instance: Any, capsys: pytest.CaptureFixture[str]) -> None:
    checked = play(live_instance.url)
    told = capsys.readouterr().out
    for figure in ("stock: 98", "drawn: 21.00", "pool: 179.00", "settled: 80.00", "(60, 0)", "(0, 40)", "sees: 40"):
        assert figure in told
    assert checked == told.count("  ok  ")


def test_a_wrong_figure_stops_it() -> None:
    story = Story("http://127.0.0.1:9")
    with pytest.raises(StoryError, match="181, must be 179"):
        story.check("pool", 181, 179)
