"""A table as HTML. A site has hundreds with thousands of cells: put together here, they take a third of a template's time."""

from html import escape

from markupsafe import Markup

from hubwatch.report.cells import Table, TableCell
from hubwatch.report.words import without_controls

_NUMBER, _MORE = ' class="n"', ' class="more"'


def table_html(table: Table, label: str, root: str, first: int = 12, most: int = 60, fixed: bool = False) -> Markup:
    """The table's `most` first rows, of which those after `first` wait to be asked for; `fixed`: not to be sorted. All text is escaped."""
    heads = [escape(head) for head, _ in table.heads]
    classes = [_NUMBER if number else "" for _, number in table.heads]
    columns = "".join(f'<th scope="col"{kind}>{head}</th>' for head, kind in zip(heads, classes, strict=True))
    rows = ""
    for at, row in enumerate(table.rows[:most], 1):
        cells = "".join(_cell(cell, head, turn == 0, root) for turn, (cell, head) in enumerate(zip(row, heads, strict=True)))
        rows += f"<tr{_MORE if at > first else ''}>{cells}</tr>\n"
    named = escape(label)
    text = (
        f'<div class="wide" role="region" aria-label="{named}" tabindex="0">\n<table class="data" data-first="{first}"{" data-fixed" if fixed else ""}>\n'
        f'<caption class="hidden">{named}</caption>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n'
    )
    return Markup(str(without_controls(text)))


def _cell(cell: TableCell, head: str, is_name: bool, root: str) -> str:
    text = f"<bdi>{escape(cell.text)}</bdi>"
    if cell.link:
        text = f'<a href="{escape(root + cell.link)}">{text}</a>'
    elif cell.away:
        text = f'<a href="{escape(cell.away)}" rel="noreferrer">{text}</a>'
    kind = cell.kind if not is_name or cell.kind in ("n", "d") else ""
    shape = f' class="{kind}"' if kind else ""
    tag, scope = ("th", ' scope="row"') if is_name else ("td", "")
    return f'<{tag}{scope} data-head="{head}" data-sort="{escape(cell.sort)}"{shape}>{text}</{tag}>'
