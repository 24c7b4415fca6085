"""Model links from saved pages and READMEs. The pages here are made up: no saved page of the site is known."""

from pathlib import Path

import pytest

from hubwatch.errors import ClientRenderedPage, HubFailure
from hubwatch.hubs.wisemodel.saved_pages import read_links

SHELL = """<!DOCTYPE html><html><head><script defer src="/js/app.31fb6580.js"></script></head>
<body><noscript>enable JavaScript</noscript><div id="app"></div></body></html>"""


def ids(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, "utf-8")
    return read_links(folder / name)


def test_links_of_a_saved_page_are_models_once_each_in_order(tmp_path: Path) -> None:
    page = """<html><body><div id="app">
      <a href="/models/01.AI/Yi-6B">Yi</a> <a href="https://wisemodel.cn/models/ZhipuAI/GLM-4-9B-Chat/intro?from=list#top">GLM</a>
      <a href="https://www.wisemodel.cn/models/ZhipuAI/glm-4-9b-chat">again, in other case</a>
      <a href="/models/BAAI/Aquila2.git">git</a> <a href="/models/zjunlp/OceanGPT%2D7b/file/">file</a>
      <a href="/datasets/zjunlp/KnowEdit">data</a> <a href="/codes/a/b">code</a> <a href="/models/BAAI/">owner</a> <a href="/models">all</a>
      <a href="https://huggingface.co/models/x/y">elsewhere</a> <a href="https://wisemodel.cn.example.com/models/x/y">elsewhere</a>
      </div></body></html>"""
    assert ids(tmp_path, "models.html", page) == ["01.AI/Yi-6B", "ZhipuAI/GLM-4-9B-Chat", "BAAI/Aquila2", "zjunlp/OceanGPT-7b"]


def test_links_of_a_readme_are_found_in_markdown_text_and_html(tmp_path: Path) -> None:
    readme = """# Yi
[🤖 ModelScope](https://modelscope.cn/models/01ai/Yi-6B) • [🟣 WiseModel](https://www.wisemodel.cn/models/01.AI/Yi-6B).
| Yi-34B | https://wisemodel.cn/models/01.AI/Yi-34B。下载 |
<p><a href="https://wisemodel.cn/models/01.AI/Yi-9B"><img src="x.png"></a></p>
See [docs](/models/local/page), [the organization](https://wisemodel.cn/organization/01.AI) and https://wisemodel.cn/models/.
"""
    assert sorted(ids(tmp_path, "README.md", readme)) == ["01.AI/Yi-34B", "01.AI/Yi-6B", "01.AI/Yi-9B"]


def test_relative_links_of_a_page_saved_from_another_site_are_not_the_hubs(tmp_path: Path) -> None:
    elsewhere = '<!-- saved from url=(0025)https://modelscope.cn/models --><html><body><a href="/models/a/b">x</a> text</body></html>'
    with pytest.raises(HubFailure, match="links to no WiseModel model"):
        ids(tmp_path, "elsewhere.html", elsewhere)
    home = elsewhere.replace("modelscope.cn", "wisemodel.cn")
    assert ids(tmp_path, "home.html", home) == ["a/b"]


def test_a_page_that_a_browser_would_fill_is_not_an_empty_hub(tmp_path: Path) -> None:
    with pytest.raises(ClientRenderedPage, match="save it as a complete page"):
        ids(tmp_path, "shell.html", SHELL)
    with pytest.raises(ClientRenderedPage):
        ids(tmp_path, "shell-without-id.html", SHELL.replace(' id="app"', ""))


def test_links_in_data_that_a_page_carries_are_read(tmp_path: Path) -> None:
    data = '<script type="application/ld+json">{"itemListElement": [{"url": "https://wisemodel.cn/models/a/b"}]}</script>'
    broken = '<script type="application/json">{not json</script>'
    assert ids(tmp_path, "data.html", SHELL.replace("</body>", data + broken + "</body>")) == ["a/b"]


def test_a_single_file_web_archive_is_read(tmp_path: Path) -> None:
    archive = (
        "From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\n"
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        '<html><body><a href=3D"https://wisemodel.cn/models/a/b-=\nc">x</a></body></html>\n--X--\n'
    )
    assert ids(tmp_path, "page.mhtml", archive) == ["a/b-c"]


def test_a_file_without_links_or_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HubFailure, match=r"README\.md links to no WiseModel model"):
        ids(tmp_path, "README.md", "# Nothing here")
    with pytest.raises(HubFailure, match=r"cannot be read: No such file"):
        read_links(tmp_path / "absent.html")
