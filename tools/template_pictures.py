"""Take the pictures anew by which the order form shows the templates: `python -m tools.template_pictures`.

Needs Chromium. Each is the template's front page on a desk's screen, made small.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
from pathlib import Path

from flask_migrate import upgrade
from PIL import Image
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from webapp import create_app
from webapp.domain import built_in_templates
from webapp.settings import Settings

SCREEN = (1200, 800)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        own = {"PARZELLE_ENV": "development", "INSTANCE_PATH": folder}
        app = create_app(Settings.from_environment({**own, "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite"}))
        with app.app_context():
            upgrade()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        take(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def take(url: str) -> None:
    width, height = SCREEN
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
        for slug in built_in_templates.built_in():
            page.goto(f"{url}/site-templates/{slug}/", wait_until="networkidle")
            keep(page.screenshot(), built_in_templates.FOLDER / slug / "preview.webp")
        browser.close()


def keep(screenshot: bytes, file: Path) -> None:
    picture = (
        Image.open(io.BytesIO(screenshot)).convert("RGB").resize(built_in_templates.PREVIEW, Image.Resampling.LANCZOS)
    )
    picture.save(file, "WEBP", quality=55, method=6)
    print(f"{file.relative_to(Path.cwd())}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
