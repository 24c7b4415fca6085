"""WiseModel models by the links to them: in a page saved from a browser, or in a publisher's README.

The links are all that is established (publishers' READMEs show them); the markup of the site's cards and data inside of
its scripts are not, so counts are never read from a saved page. A page that only a browser would fill is an error, not an
empty hub.
"""

import email
import email.policy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Comment

from hubwatch.errors import ClientRenderedPage, HubFailure

_SITE = "wisemodel.cn"
_MODEL = re.compile(
    r"^(https?://(www\.)?wisemodel\.cn)?/models/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(\.git)?(/(intro|file))?/?([?#].*)?$", re.ASCII | re.I
)
_ADDRESS = re.compile(r"https?://(?:www\.)?wisemodel\.cn/[A-Za-z0-9_.~%/?#=&+-]+", re.I)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(?P<url>\S+)", re.I)
_WORDS_OF_A_SHELL = 200  # characters of visible text up to which a page without links is taken for an empty shell


def read_links(path: Path) -> list[str]:
    """The model_id of every model the file links to, once, in order of appearance; ids that differ in case only are one model.

    Raises `ClientRenderedPage` for a page that a browser would have to fill, `HubFailure` for a file that cannot be read
    or links to no model.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HubFailure(f"{path} cannot be read: {error.strerror}") from None
    text = _web_archive(data) if path.suffix.lower() in (".mhtml", ".mht") else data.decode("utf-8-sig", errors="replace")
    is_page = path.suffix.lower() in (".html", ".htm", ".xhtml", ".mhtml", ".mht") or text.lstrip()[:1] == "<"
    soup = BeautifulSoup(text if "<" in text else "", "html.parser")
    at_home = is_page and _origin(soup) in (None, _SITE, f"www.{_SITE}")
    found: dict[str, str] = {}
    for address in _addresses(soup, text, is_page):
        model_id = _model_id(address, at_home)
        if model_id is not None:
            found.setdefault(model_id.lower(), model_id)
    if not found:
        raise _nothing(path, soup, is_page)
    return list(found.values())


def _addresses(soup: BeautifulSoup, text: str, is_page: bool) -> Iterator[str]:
    """Anchors; addresses in a README's text; addresses in JSON that a page carries for its scripts."""
    for anchor in soup.find_all("a", href=True):
        yield str(anchor["href"])
    if not is_page:
        yield from _ADDRESS.findall(text)
    for script in soup.find_all("script", type=re.compile(r"^application/(ld\+)?json$")):
        try:
            yield from _texts(json.loads(script.get_text()))
        except ValueError:
            continue  # not JSON after all: the anchors are what counts


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _model_id(address: str, at_home: bool) -> str | None:
    """The model that an address leads to, or None; an address without a host counts on the site's own pages only."""
    match = _MODEL.match(unquote(address.strip()).rstrip(".,;"))
    return f"{match['owner']}/{match['name']}" if match is not None and (match[1] or at_home) else None


def _origin(soup: BeautifulSoup) -> str | None:
    """The host that a saved page says it comes from, None when it does not say."""
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        if match := _SAVED_FROM.search(str(comment)):
            return urlsplit(match["url"]).hostname
    for tag, attribute in (("base", "href"), ("link[rel=canonical]", "href"), ("meta[property='og:url']", "content")):
        found = soup.select_one(tag)
        if found is not None and (host := urlsplit(str(found.get(attribute, ""))).hostname):
            return host
    return None


def _nothing(path: Path, soup: BeautifulSoup, is_page: bool) -> HubFailure:
    """Why there is no link: an empty shell, or a file about something else."""
    scripts = [script for script in soup.find_all("script") if script.get("src")]
    body = soup.body or soup
    words = " ".join(body.get_text(" ", strip=True).split())
    mount = body.find(id=re.compile("^(app|root|__nuxt|__next)$"))
    if is_page and scripts and (mount is not None or len(words) < _WORDS_OF_A_SHELL):
        cure = "open the page in a browser, wait until the models show, and save it as a complete page"
        return ClientRenderedPage(f"{path} is an empty shell that a browser fills; {cure}")
    return HubFailure(f"{path} links to no WiseModel model (https://{_SITE}/models/OWNER/NAME)")


def _web_archive(data: bytes) -> str:
    """The page inside of a single-file web archive."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            return str(part.get_content())
    return data.decode("utf-8", errors="replace")
