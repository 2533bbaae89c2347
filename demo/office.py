"""A person at a back office: signs in, opens pages, fills in the forms that stand on them. Plain HTTP, no browser."""

import json
import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx


class StoryError(Exception):
    """Something of the story did not come out."""


@dataclass
class PageForm:
    """One form of a page: where it goes and what it would send untouched."""

    action: str
    is_post: bool
    values: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


FIRST = object()  # as a value: the first real option of a list


class _Reader(HTMLParser):
    """Collects the forms of a page with their present values, fields that name their form from outside included."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._by_id: dict[str, PageForm] = {}
        self._open: PageForm | None = None
        self._select: tuple[PageForm, str, list[str], list[str]] | None = None
        self._area: tuple[PageForm, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        values = dict(attrs)
        if tag == "form":
            self._open = PageForm(values.get("action") or "", (values.get("method") or "get").lower() == "post")
            self.forms.append(self._open)
            if values.get("id"):
                self._by_id[values["id"] or ""] = self._open
            return
        form = self._by_id.get(values["form"] or "") if values.get("form") else self._open
        name = values.get("name")
        if tag == "option" and self._select is not None:
            value = values.get("value") or ""
            self._select[2].append(value)
            if "selected" in values:
                self._select[3].append(value)
        if form is None or not name:
            return
        if tag == "input":
            kind = values.get("type") or "text"
            if kind in ("checkbox", "radio") and "checked" not in values:
                form.values.setdefault(name, [])
            elif kind not in ("submit", "button", "file"):
                form.values.setdefault(name, []).append(values.get("value") or ("on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select = (form, name, [], [])
        elif tag == "textarea":
            self._area = (form, name, [])

    def handle_data(self, data: str) -> None:
        """Take text: it matters inside a text area."""
        if self._area is not None:
            self._area[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None:
            form, name, options, chosen = self._select
            form.options[name] = options
            form.values.setdefault(name, []).extend(chosen or options[:1])
            self._select = None
        elif tag == "textarea" and self._area is not None:
            form, name, parts = self._area
            form.values.setdefault(name, []).append("".join(parts).strip())
            self._area = None


class Office:
    """One person's session at one back office."""

    def __init__(self, base_url: str, kind: str) -> None:
        self.kind = kind
        self._http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=30, trust_env=False)

    def sign_in(self, username: str = "", password: str = "") -> None:
        """Sign in; without a name as the first account that the demo world's entrance offers."""
        door = self._get(f"/{self.kind}/login/")
        if not username:
            offers = [json.loads(_plain(text)) for text in re.findall(r"data-fill=[\"'](\{.*?\})[\"']", door.text)]
            if not offers:
                raise StoryError("this is not a demo world: its entrance offers no accounts")
            username, password = offers[0]["username"], offers[0]["password"]
        page = self._post(door, _form(door, ""), {"username": username, "password": password})
        if page.url.path.endswith("/code/"):
            page = self._second_factor(page)
        if "/login/" in page.url.path:
            raise StoryError(f"{username} could not sign in at /{self.kind}/")

    def _second_factor(self, page: httpx.Response) -> httpx.Response:
        """Enter the code that the demo world shows; one used a moment ago is refused, so the next one is waited for."""
        refused = ""
        until = time.monotonic() + 40
        while time.monotonic() < until:
            code = re.search(r">\s*(\d{6})\s*</button>", page.text)
            if code is None:
                raise StoryError("the second factor's page shows no code")
            if code[1] == refused:
                time.sleep(1)
                page = self._get(page.url.path)
                continue
            answer = self._post(page, _form(page, ""), {"code": code[1]}, may_be_refused=True)
            if answer.status_code == 200:
                return answer
            refused, page = code[1], answer
        raise StoryError("no code of the second factor was taken within 40 s")

    def page(self, path: str) -> str:
        """Return a page as text."""
        return self._get(path).text

    def submit(
        self, path: str, action: str = "", *, picture: tuple[str, bytes] | None = None, **values: Any
    ) -> httpx.Response:
        """Open a page, fill in the form whose address ends with `action`, send it, and return where it led.

        `picture` is the field and the bytes of a PNG to upload with it. A page that asks "is this right?" is answered
        yes.
        """
        page = self._get(path)
        answer = self._post(page, _form(page, action), values, picture=picture)
        asked = 'name="confirmed" value="1"' in answer.text
        return self._post(answer, _form(answer, action), {}) if asked else answer

    def _get(self, path: str) -> httpx.Response:
        page = self._http.get(path)
        if page.status_code != 200:
            raise StoryError(f"GET {path} answered {page.status_code}")
        return page

    def _post(
        self,
        page: httpx.Response,
        form: PageForm,
        values: dict[str, Any],
        *,
        picture: tuple[str, bytes] | None = None,
        may_be_refused: bool = False,
    ) -> httpx.Response:
        filled = dict(form.values)
        for name, value in values.items():
            if value is FIRST:
                filled[name] = [option for option in form.options.get(name, []) if option][:1]
                continue
            filled[name] = [str(part) for part in value] if isinstance(value, list | tuple) else [str(value)]
        target = str(page.url.join(form.action)) if form.action else str(page.url)
        files = {picture[0]: ("picture.png", picture[1], "image/png")} if picture else None
        answer = self._http.post(target, data=filled, files=files, headers={"Referer": str(page.url)})
        if answer.status_code == 422 and may_be_refused:
            return answer
        if answer.status_code != 200:
            errors = "; ".join(re.findall(r'class="(?:error|e)[^"]*"[^>]*>([^<]+)<', answer.text))
            raise StoryError(f"POST {target} answered {answer.status_code}: {errors or _title(answer.text)}")
        refusal = re.search(r'class="toast t-bad[^>]*>(.*?)</(?:div|p)>', answer.text, re.DOTALL)
        if refusal is not None:
            raise StoryError(f"POST {target}: {_plain(re.sub('<[^>]*>', '', refusal[1])).strip()}")
        return answer


def _form(page: httpx.Response, action: str) -> PageForm:
    reader = _Reader()
    reader.feed(page.text)
    path = page.url.path
    for form in reader.forms:
        if not form.is_post or "/account/" in form.action:
            continue
        if (form.action or path).split("?")[0].endswith(action or path):
            return form
    raise StoryError(f"{path} has no form for {action or 'itself'}")


def _plain(text: str) -> str:
    return text.replace("&quot;", '"').replace("&amp;", "&").replace("&#x27;", "'")


def _title(text: str) -> str:
    found = re.search(r"<title>([^<]*)", text)
    return found[1].strip() if found else ""
