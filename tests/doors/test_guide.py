"""The guide for developers: the files of docs/ as pages, in both languages, with links that lead somewhere."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from django.test import Client

from entrepot.doors.kit.guide import DOCS, PAPERS, address_of, text_of
from tests.doors.office_people import at_work
from tests.world import World

LANGUAGES = ("zh-hans", "en")
PAGES = [(paper, language) for paper in PAPERS for language in LANGUAGES]


def read(path: str) -> str:
    """A page as it is served to somebody who is not signed in."""
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize(
    ("paper", "language"), PAGES, ids=[f"{paper.slug or 'guide'}-{language}" for paper, language in PAGES]
)
def test_a_page_is_its_file_and_its_links_lead_somewhere(paper: object, language: str) -> None:
    from entrepot.doors.kit.guide import Paper

    assert isinstance(paper, Paper)
    path = address_of(paper, language=language)
    page = read(path)
    assert f'<html lang="{language}"' in page
    assert len(text_of(paper, language=language).chapters) >= 2
    code = re.findall(r"^```\w*\n(.*?)^```$", (DOCS / paper.file(language)).read_text(), re.M | re.S)
    shown = [
        unescape(one) for one in re.findall(r'<div class="guide-code"><pre tabindex="0"><code>(.*?)</code>', page, re.S)
    ]
    if not paper.sections:
        assert [one for one in shown if one in code] == code, "every block is shown as it is printed"
    assert page.count('class="guide-code"') == page.count("data-copy=") and "<p>```" not in page
    for target in re.findall(r'<a[^>]* href="([^"]+)"', page):
        address, _, anchor = unescape(target).partition("#")
        if address.startswith(("https://", "/api/")):
            continue
        other = page if not address else read(address)
        assert not anchor or f'id="{unquote(anchor)}"' in other, f"{target} on {path}"


def test_a_developer_finds_what_he_needs() -> None:
    chinese, english = read("/guide/"), read("/guide/en/")
    for page in (chinese, english):
        for word in ("--allow-private-callbacks", "GET /webhook", "--callback-secret", "--platform"):
            assert word in page, word
    assert "节点公网 IP 白名单" in chinese and "接入商城" in chinese
    assert 'href="/guide/en/"' in chinese and 'href="/guide/"' in english
    for address in ("/guide/clients/", "/guide/en/clients/"):
        assert "hash_hmac(" in read(address) and "createHmac(" in read(address)
        assert '<h2 id="selection">' not in read(address), "the clients alone"
    for address in ("/guide/callbacks/", "/guide/en/callbacks/"):
        assert "hash_equals(" in read(address) and "timingSafeEqual(" in read(address)
    for address in ("/guide/reference/", "/guide/en/reference/"):
        page = read(address)
        assert all(word in page for word in ("Retry-After", "20 kB", "410", "webhook-signature", "14 ", "24 "))
    assert Client().get("/guide/none/").status_code == 404
    assert Client().post("/guide/").status_code == 405


def test_the_pages_lead_to_it(world: World) -> None:
    assert 'href="/guide/"' in read("/")
    browser = at_work("distributor", world.distributor())
    for path in ("/distributor/connecting/", "/distributor/keys/"):
        assert 'href="/guide/"' in browser.get(path).content.decode(), path
    browser.cookies["entrepot_language"] = "en"
    assert 'href="/guide/en/"' in browser.get("/distributor/connecting/").content.decode()
