"""Opens a report in Chromium: seconds until a finding has unfolded and the first picture is drawn.

python bench/open_report.py REPORT.HTML
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip

if __name__ == "__main__":
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        began = time.perf_counter()
        page.goto(Path(sys.argv[1]).resolve().as_uri())
        page.locator("summary").first.click()
        page.locator(".canvas:visible").first.scroll_into_view_if_needed()
        page.wait_for_selector(".canvas.drawn svg", timeout=60_000)
        used = time.perf_counter() - began
        browser.close()
    print(json.dumps({"seconds": used}))
