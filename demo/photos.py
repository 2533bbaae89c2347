"""Takes the pictures of the docs: the pages people meet first, on a desk and on a phone, in light and in dark."""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState

from demo.browser import KINDS, SCREENS, Screen, accounts, chromium, links_to, sign_in, window

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
HEAVIEST = 150_000  # bytes of one picture: the folder travels with every clone
COLOURS = (256, 128, 64, 32)

# Name → address; a pattern at the end stands for the first link of the list that fits it.
PAGES: dict[str, tuple[str, str]] = {
    "landing": ("/", ""),
    "sign-in": ("/supplier/login/", ""),
    "platform-dashboard": ("/platform/", ""),
    "platform-orders": ("/platform/orders/", ""),
    "platform-order": ("/platform/orders/?tab=completed", r"/platform/orders/\d+/"),
    "platform-goods": ("/platform/goods/", ""),
    "platform-distributor": ("/platform/distributors/", r"/platform/distributors/\d+/"),
    "supplier-dashboard": ("/supplier/", ""),
    "supplier-orders": ("/supplier/orders/", ""),
    "supplier-order": ("/supplier/orders/", r"/supplier/orders/\d+/"),
    "distributor-dashboard": ("/distributor/", ""),
    "distributor-goods": ("/distributor/goods/", ""),
    "distributor-orders": ("/distributor/orders/", ""),
    "distributor-ledger": ("/distributor/ledger/", ""),
}
# From the supplier's goods to the money on his account, each step by the one who takes it.
STORY: dict[str, tuple[str, str]] = {
    "supplier-goods": ("/supplier/goods/?tab=submitted", r"/supplier/goods/\d+/"),
    "platform-review": ("/platform/goods/?tab=submitted", r"/platform/goods/\d+/"),
    "platform-allotments": ("/platform/allotments/", ""),
    "platform-prices": ("/platform/prices/", ""),
    "distributor-article": ("/distributor/goods/?view=table", r"/distributor/goods/\d+/"),
    "supplier-accept": ("/supplier/orders/?tab=to_accept", r"/supplier/orders/\d+/"),
    "platform-parcels": ("/platform/orders/?tab=shipped", r"/platform/orders/\d+/"),
    "platform-claim": ("/platform/aftersales/?tab=claim", r"/platform/aftersales/\d+/"),
    "platform-aftersale-table": ("/platform/aftersale-table/", ""),
    "platform-bills": ("/platform/bills/", ""),
    "platform-bill": ("/platform/bills/?tab=disputed", r"/platform/bills/\d+/"),
    "supplier-bill": ("/supplier/bills/", r"/supplier/bills/\d+/"),
    "platform-funds": ("/platform/funds/", ""),
    "platform-log": ("/platform/log/?tab=platform", ""),
}
STORY_SCREENS = ("1440-light", "390-dark")


def main(arguments: list[str]) -> int:
    """Take all pictures, or those whose name holds a word."""
    parser = argparse.ArgumentParser(prog="bin/photos", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of a running instance with the demo world")
    parser.add_argument("--data", type=Path, required=True, help="its data folder, where the accounts are listed")
    parser.add_argument("--only", default="", help="only pictures whose name holds this word")
    chosen = parser.parse_args(arguments)
    wanted = {name: place for name, place in (PAGES | STORY).items() if chosen.only in name}
    if not wanted:
        parser.error(f"no picture's name holds {chosen.only!r}; there are {', '.join(PAGES | STORY)}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{chosen.port}"
    with chromium() as browser:
        states = _states(browser, url, data=chosen.data, names=list(wanted))
        for screen in SCREENS:
            here = {name: place for name, place in wanted.items() if name in PAGES or screen.name in STORY_SCREENS}
            _take_all(browser, url, wanted=here, screen=screen, states=states)
    return 0


def _kind(name: str) -> str:
    return name.split("-", maxsplit=1)[0]


def _states(browser: Browser, url: str, *, data: Path, names: list[str]) -> dict[str, StorageState]:
    people = accounts(data)
    needed = {_kind(name) for name in names} & set(KINDS)
    return {kind: sign_in(browser, url, account=people[kind]) for kind in sorted(needed)}


def _take_all(
    browser: Browser, url: str, *, wanted: dict[str, tuple[str, str]], screen: Screen, states: dict[str, StorageState]
) -> None:
    for name, (path, pattern) in wanted.items():
        context = window(browser, screen, state=states.get(_kind(name)))
        page = context.new_page()
        page.goto(url + path)
        if pattern:
            page.goto(url + links_to(page, pattern)[0])
        target = PICTURES / f"{name}-{screen.name}.png"
        target.write_bytes(_light(_shot(page)))
        print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1000} kB", flush=True)
        context.close()


def _shot(page: Page) -> Image.Image:
    """What a person sees first, once every picture in view has come."""
    page.wait_for_load_state("networkidle")
    return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


def _light(image: Image.Image) -> bytes:
    """The picture as a PNG with as many colours as its weight allows."""
    for colours in COLOURS:
        packed = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= HEAVIEST:
            return packed.getvalue()
    raise ValueError(f"a picture weighs {packed.tell()} bytes even with {COLOURS[-1]} colours")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
