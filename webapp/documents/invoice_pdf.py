"""The PDF of an invoice: A4, text that can be selected, as many pages as it takes.

It is made from the frozen content and the seller's logo alone, and dated by the day of issue: so the same invoice has
the same bytes whenever it is made. fpdf2 is imported here only, when the first one is made.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from flask_babel import gettext as _

from webapp.documents import invoice_words as words
from webapp.domain import pictures
from webapp.errors import NotFound
from webapp.models import Invoice

if TYPE_CHECKING:
    from fpdf import FPDF

log = logging.getLogger(__name__)

FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
LEFT, TOP, RIGHT, WIDTH = 20.0, 20.0, 20.0, 170.0  # millimetres
LOGO_WIDTH, LOGO_HEIGHT = 60.0, 20.0
ADDRESS_TOP, TITLE_TOP = 52.0, 98.0  # where a window of an envelope is (DIN 5008)
FOOTER = 26.0
SOFT, DARK, RULE = (90, 96, 94), (20, 24, 23), (200, 205, 203)
COLUMNS = (60, 20, 26, 22, 20, 22)


def render(content: words.Content, logo: bytes | None = None) -> bytes:
    """`content`: as domain/invoice_content.py makes it. A logo that cannot be drawn is left out."""
    with force_locale(content["locale"]):
        pdf = _paper(content)
        _head(pdf, content, logo)
        _lines(pdf, content)
        _sums(pdf, content)
        _notes(pdf, content)
        return bytes(pdf.output())


def of(invoice: Invoice) -> bytes:
    """With the seller's logo as it was; it is kept for as long as an invoice shows it."""
    name = invoice.content["seller"].get("logo")
    try:
        logo = pictures.find(name)[0] if name else None
    except NotFound:
        logo = None
    return render(invoice.content, logo)


def _paper(content: words.Content) -> Any:
    from fpdf import FPDF

    logging.getLogger("fontTools").setLevel(logging.WARNING)

    class Paper(FPDF):
        def footer(self) -> None:
            _foot(self, content)

    pdf = Paper(format="A4")
    pdf.set_creation_date(datetime.fromisoformat(content["issue_date"]).replace(tzinfo=UTC))
    pdf.set_title(words.title(content))
    pdf.set_author(content["seller"]["name"])
    pdf.set_lang(content["locale"])
    pdf.set_margins(LEFT, TOP, RIGHT)
    pdf.set_auto_page_break(True, margin=FOOTER + 6)
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font(FONT, style, FONTS / name)
    pdf.set_draw_color(*RULE)
    pdf.alias_nb_pages()
    pdf.add_page()
    return pdf


def _write(pdf: FPDF, size: float, *, bold: bool = False, colour: tuple[int, int, int] = DARK) -> None:
    pdf.set_font(FONT, "B" if bold else "", size)
    pdf.set_text_color(*colour)


def _head(pdf: FPDF, content: words.Content, logo: bytes | None) -> None:
    seller = content["seller"]
    if logo is None or not _draw(pdf, logo):
        _write(pdf, 14, bold=True)
        pdf.set_xy(LEFT, TOP)
        pdf.multi_cell(WIDTH, 7, seller["name"], align="R", new_x="LMARGIN", new_y="NEXT")
    _write(pdf, 7, colour=SOFT)
    pdf.set_xy(LEFT, ADDRESS_TOP - 6)
    pdf.multi_cell(85, 3.5, " · ".join([seller["name"], *seller["address"]]), new_x="LMARGIN", new_y="NEXT")
    _write(pdf, 10)
    pdf.set_xy(LEFT, max(pdf.get_y() + 1, ADDRESS_TOP))
    pdf.multi_cell(85, 5, "\n".join(words.buyer(content)), new_x="LMARGIN", new_y="NEXT")
    below = pdf.get_y()
    pdf.set_y(ADDRESS_TOP)
    for label, told in words.facts(content):
        at = pdf.get_y()
        _write(pdf, 8, colour=SOFT)
        pdf.set_xy(112, at)
        pdf.multi_cell(30, 4.6, label, align="L", new_x="RIGHT", new_y="TOP")
        _write(pdf, 8)
        pdf.set_xy(142, at)
        pdf.multi_cell(48, 4.6, told, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_xy(LEFT, max(below + 8, pdf.get_y() + 8, TITLE_TOP))
    _write(pdf, 16, bold=True)
    pdf.multi_cell(WIDTH, 8, words.title(content), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)


def _draw(pdf: FPDF, logo: bytes) -> bool:
    """The seller's logo at the right, no larger than its place; whether it could be drawn."""
    from fpdf.enums import Align

    try:
        pdf.image(BytesIO(logo), x=Align.R, y=14, w=LOGO_WIDTH, h=LOGO_HEIGHT, keep_aspect_ratio=True)
    except Exception:  # what a browser draws is not always what the library can
        log.warning("invoice.logo_not_drawn", exc_info=True)
        return False
    return True


def _lines(pdf: FPDF, content: words.Content) -> None:
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    _write(pdf, 8.5)
    headings = (_("Description"), _("Quantity"), _("Price each"), _("Discount"), _("Tax"), _("Net"))
    table = pdf.table(
        col_widths=COLUMNS,
        width=WIDTH,
        line_height=4.6,
        padding=(1.2, 1, 1.2, 1),
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", color=DARK),
    )
    with table as rows:
        rows.row(headings)
        for line in content["lines"]:
            cells = rows.row()
            cells.cell(words.name_of(content, line))
            cells.cell(str(line["quantity"]))
            cells.cell(words.price(line["unit_price"]))
            cells.cell(words.amount(content, line["allowance"]) if line["allowance"] else "–")
            cells.cell(words.rates_of(line))
            cells.cell(words.amount(content, line["net"]))


def _sums(pdf: FPDF, content: words.Content) -> None:
    rows = list(words.sums(content))
    pdf.ln(3)
    if pdf.will_page_break(6 * len(rows)):  # the sums stay together
        pdf.add_page()
    for label, told, total in rows:
        _write(pdf, 10 if total else 8.5, bold=total)
        height, at = (7 if total else 5), pdf.get_y()
        if total:
            pdf.line(LEFT + 70, at + 0.5, LEFT + WIDTH, at + 0.5)
        pdf.set_xy(LEFT + 60, at)
        pdf.cell(75, height, label, align="R")
        pdf.cell(35, height, told, align="R", new_x="LMARGIN", new_y="NEXT")


def _notes(pdf: FPDF, content: words.Content) -> None:
    pdf.ln(5)
    _write(pdf, 9)
    for note in words.notes(content):
        pdf.multi_cell(WIDTH, 4.8, note, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1.5)


def _foot(pdf: FPDF, content: words.Content) -> None:
    pdf.set_y(-FOOTER)
    pdf.line(LEFT, pdf.get_y(), LEFT + WIDTH, pdf.get_y())
    pdf.ln(1.5)
    _write(pdf, 7, colour=SOFT)
    for line in words.footer(content):
        pdf.multi_cell(WIDTH, 3.4, line, align="C", new_x="LMARGIN", new_y="NEXT")
    pages = _("Page %(page)s of %(pages)s", page=pdf.page_no(), pages="{nb}")
    pdf.set_y(-7.5)
    pdf.cell(WIDTH, 3.4, pages, align="C")
