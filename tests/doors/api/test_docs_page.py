"""The page of the contract: everything it shows comes from the instance itself."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from tests.doors.api.serving import Served


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of the system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def test_it_works_without_the_network(page: Page, served: Served) -> None:
    asked: list[str] = []
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def route(route: Route) -> None:
        asked.append(route.request.url)
        if not route.request.url.startswith(served.url):
            route.abort()
        elif "/static/" in route.request.url:  # the icon is one of the pages'
            route.fulfill(body="<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml")
        else:
            route.continue_()

    page.route("**/*", route)
    page.goto(f"{served.url}/api/docs")
    page.wait_for_selector(".opblock-summary")
    assert page.locator(".opblock").count() >= 23
    led = page.eval_on_selector_all("#guide a", "links => links.map(link => link.getAttribute('href'))")
    assert {"/guide/", "/guide/en/", "/guide/clients/", "/guide/en/callbacks/"} <= set(led)
    assert page.locator(".opblock-tag").first.is_visible()
    block = page.locator("#operations-orders-create_order")
    block.locator(".opblock-summary-control").click()
    block.locator(".opblock-body").wait_for()
    body = block.inner_text()
    for word in ("insufficient_balance", "out_order_no", "Idempotent-Replayed", "M20260101-0001"):
        assert word in body, word
    assert errors == []
    assert [url for url in asked if not url.startswith(f"{served.url}/")] == []
    assert f"{served.url}/api/v1/openapi.json" in asked
    assert page.evaluate("fetch('https://example.org/').then(() => 'reached', () => 'blocked')") == "blocked"
    assert any("Content Security Policy" in error for error in errors), "the policy is in force"


def test_its_parts_are_served_plainly(served: Served) -> None:
    import http.client

    for path, status, kind in (
        ("/api/docs", 200, "text/html"),
        ("/api/v1/docs", 200, "text/html"),
        ("/api/docs/start.js", 200, "text/javascript"),
        ("/api/docs/assets/swagger-ui.css", 200, "text/css"),
        ("/api/docs/assets/..%2f..%2fmodels.py", 404, "application/problem+json"),
        ("/api/docs/assets/other.js", 404, "application/problem+json"),
        ("/api/guide", 302, "text/plain"),
        ("/api/guide/en", 302, "text/plain"),
        ("/api/guide/none", 404, "application/problem+json"),
        ("/api/docsx", 404, "application/problem+json"),
        ("/api/v1/openapi.json", 200, "application/json"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, (answer.getheader("content-type") or "").partition(";")[0]) == (status, kind), path
        if status == 302:
            assert answer.getheader("location") == path.removeprefix("/api") + "/"
        if status == 200 and kind == "text/html":
            policy = answer.getheader("content-security-policy") or ""
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
        assert answer.getheader("entrepot-request-id"), path
        connection.close()
