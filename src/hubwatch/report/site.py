"""The site: a folder of pages that works from a disk or any web server and asks nobody for anything."""

import json
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.report import feed, pages, parts, words
from hubwatch.report.asking import QUESTIONS, Answer, Question, answers, download_metrics, is_large
from hubwatch.report.basis import Basis
from hubwatch.report.chosen import Known, choose
from hubwatch.report.crossings import crossings
from hubwatch.report.entities import FOLDERS, Entity, addresses
from hubwatch.report.figure_files import FigureFiles, files_of
from hubwatch.report.figures import Figure, figure_of
from hubwatch.report.findings import findings
from hubwatch.report.group_pages import group_pages
from hubwatch.report.history import History
from hubwatch.report.labels import Labels
from hubwatch.report.made_from import made_from
from hubwatch.report.model_pages import model_pages
from hubwatch.report.pages import MENU
from hubwatch.report.panels import Panel, panels
from hubwatch.report.policies import policies_side_by_side
from hubwatch.report.rendering import charts_script, environment, script_json
from hubwatch.report.series import concentration_over_time, share_over_time
from hubwatch.report.shares import POLICY, Shares, positions, shares
from hubwatch.report.switches import figure_of_state
from hubwatch.report.writing import SiteFolder
from hubwatch.statistics import Claim, check_claims, definitions

MOST_MODELS, MOST_GROUPS = 100, 60
NOTHING = "no observed model has what this needs"
ASSETS = files("hubwatch.report").joinpath("assets")


def write_site(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    most: int = MOST_MODELS,
    questions: tuple[Question, ...] = QUESTIONS,
    claims: tuple[Claim, ...] | None = None,
) -> Path:
    """Write the site into the folder, each file whole or not at all and only where it changed; returns its first page.

    `claims`: those to check; None: all that the reviewed facts have. Where the folder holds the site of the same file, made
    today by the same code, there is nothing to do.
    """
    is_usual = (questions, claims) == (QUESTIONS, None)
    source = made_from(con, most) if is_usual else None
    if source is None or not SiteFolder(folder).stands(source):
        Site(con, folder, most, questions, claims).build(source)
    return folder / "index.html"


class Site:
    """One build: what is asked of the database once, and the pages made from it."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        folder: Path,
        most: int = MOST_MODELS,
        questions: tuple[Question, ...] = QUESTIONS,
        claims: tuple[Claim, ...] | None = None,
    ) -> None:
        self.con, self.most, self.questions, self.claims = con, most, questions, claims
        self.out = SiteFolder(folder)
        self.names = words.read_names(con)
        self.metrics = download_metrics(con)
        self.policies = [
            policy for (policy,) in con.execute("select distinct policy from origins order by policy <> ?, 1", [POLICY]).fetchall()
        ]
        self.panels = panels(con)
        self.history = History(con, folder, Labels(con, POLICY))
        self.basis = Basis.read(con)
        self.pages = environment()
        self.files = FigureFiles(self.out)

    def build(self, source: str | None = None) -> None:
        """Write every page; `source`: what they are made from (`made_from`), for the next time."""
        self.out.begin()
        with self.files:
            self._build()
        self.out.close(source)

    def _build(self) -> None:
        self._assets()
        series = self.series()
        known = choose(self.con, self.metrics, self.panels, self.most)
        slugs = self._slugs(known, series)
        links = {(kind, name): f"{FOLDERS[kind]}/{slug}.html" for kind, given in slugs.items() for name, slug in given.items()}
        links |= {("model", listing["model_id"]): links["model", key] for key, found in known.listings.items() for listing in found}
        links |= {("part", name): link for (kind, name), link in links.items() if kind == "model"}
        known_shares = shares(self.con, self.policies)
        answered = list(answers(self.con, known_shares, self.questions))
        figures = self.over_time(series, known_shares)
        figures += [figure_of(self.con, one, self.names, links, known_shares) for one in answered if one.result and one.result.rows]
        figures += policies_side_by_side(self.con, known_shares, self.names)
        told = findings(answered, series, self.names)
        self._main_pages(figures, told, [one for one in answered if not (one.result and one.result.rows)], known, links)
        entities = self._entities(known, slugs, series, answered, links)
        self._lists(entities)
        states = [figure_of_state(self.con, state, known_shares, self.names, links) for state in positions(known_shares)]
        self._shares(states)
        for figure in [*figures, *states, *(figure for entity in entities for figure in entity.figures)]:
            self.files.write(figure)
        self._data(figures, series)
        self.out.write("feed.xml", feed.feed(self.pages, self.con, series, self.names))

    def series(self) -> list[tuple[Panel, dict[str, Any]]]:
        """The shares of each panel's days under each grouping that pages need."""
        found = []
        for panel in self.panels:
            for held in self.history.shares(panel, self.metrics.get(panel.hub, "")):
                if held["days"]:
                    self.out.write(held["file"], json.dumps(held, ensure_ascii=False, default=str))
                    found.append((panel, held))
        return found

    def over_time(self, series: list[tuple[Panel, dict[str, Any]]], known: Shares) -> list[Figure]:
        defined = {one.name: one for one in definitions()}
        made = [share_over_time(panel, held, self.names, defined["download_share"], known) for panel, held in series]
        made += [crossings(panel, held, self.names) for panel, held in series if held["asked"]["by"] == "origin"]
        for panel in self.panels:
            held = self.history.concentration(panel, self.metrics.get(panel.hub, ""))
            if held and held["days"]:
                self.out.write(held["file"], json.dumps(held, ensure_ascii=False, default=str))
                made.append(concentration_over_time(panel, held, self.names, defined["concentration"]))
        return [figure for figure in made if figure]

    def _slugs(self, known: Known, series: list[tuple[Panel, dict[str, Any]]]) -> dict[str, dict[str, str]]:
        """Which models, organizations and families have pages, each with its address."""
        leading: dict[str, dict[str, int]] = {"organization": {}, "family": {}}
        for _, held in series:
            by, days = held["asked"]["by"], sorted(held["days"])
            for row in held["days"][days[-1]]["rows"][: MOST_GROUPS + 1] if by in leading else ():
                if row["group"] != "unknown":
                    leading[by][row["group"]] = max(leading[by].get(row["group"], 0), int(row["value"] or 0))
        for listings in known.listings.values():
            for listing in listings:
                for kind in leading:
                    if listing[kind]:
                        leading[kind].setdefault(listing[kind], 0)
        return {
            "model": addresses("model", list(known.listings)),
            **{kind: addresses(kind, list(found)) for kind, found in leading.items()},
        }

    def _assets(self) -> None:
        for name in ("style.css", "site.js", "icon.svg"):
            self.out.write(f"assets/{name}", ASSETS.joinpath(name).read_text("utf-8"))
        self.files.beside("assets/charts.js", f"vl-convert {version('vl-convert-python')}", charts_script)

    def _main_pages(
        self, figures: list[Figure], told: list[Any], refused: list[Answer], known: Known, links: dict[tuple[str, str], str]
    ) -> None:
        extra = pages.extra(self.con, self.policies, check_claims(self.con, self.claims, is_large(self.con)), known, links, self.names)
        for page, template, title, description in pages.PAGES:
            own = [figure for figure in figures if figure.page == page]
            missing = [(one.heading, one.refusal or NOTHING) for one in refused if one.question.page == page]
            values = {"figures": own, "missing": missing, "description": description, **extra.get(page, {})}
            if page == "index":
                values |= {"findings": told, "title": "Findings"}
            self.render(f"{page}.html", template, page, values.pop("title", title), **values)
            self.out.write(f"{page}.json", self._page_json(page, title, own, told if page == "index" else [], missing))

    def _page_json(self, page: str, title: str, figures: list[Figure], told: list[Any], missing: list[tuple[str, str]]) -> str:
        said = {
            "version": 1,
            "page": f"{page}.html",
            "title": title,
            "based_on": self.basis.sentence,
            "not_shown": [list(one) for one in missing],
        }
        said["findings"] = [vars(one) for one in told]
        said["figures"] = [files_of(figure) for figure in figures]
        return json.dumps(said, ensure_ascii=False, indent=1, default=str)

    def _entities(
        self, known: Known, slugs: dict[str, dict[str, str]], series: list[tuple[Panel, dict[str, Any]]], answered: list[Answer],
        links: dict[tuple[str, str], str],
    ) -> list[Entity]:  # fmt: skip
        made = list(model_pages(known, self.names, slugs, self.metrics))
        models = sorted(made, key=lambda one: (-one.weight, one.slug))
        derivations = {
            str(row["group"]): row
            for one in answered if one.question.slug == "derivatives-by-family" and one.result for row in one.result.records()
        }  # fmt: skip
        for kind in ("organization", "family"):
            of_kind = [(panel, held) for panel, held in series if held["asked"]["by"] == kind]
            derived = derivations if kind == "family" else {}
            made += group_pages(kind, list(slugs[kind]), of_kind, self.names, slugs, known, models, derived)
        for entity in made:
            self._entity(entity, known, links)
        return made

    def _entity(self, entity: Entity, known: Known, links: dict[tuple[str, str], str]) -> None:
        folder = FOLDERS[entity.kind]
        badge = f"badges/{entity.slug}.svg" if entity.badge else ""
        if entity.badge:
            self.out.write(badge, parts.badge(*entity.badge))
        values = {
            "entity": entity, "folder": folder, "figures": entity.figures, "badge": badge, "description": " ".join(entity.summary),
            "sections": parts.sections_of(entity, self.names, links), "related": parts.related(entity, self.names, links),
        }  # fmt: skip
        basis = self.basis.of(entity.hubs)
        self.render(entity.address, "entity.html", folder, entity.title, basis, **values)
        facts = {**entity.facts, "summary": list(entity.summary), "based_on": basis.sentence}
        self.out.write(f"{folder}/{entity.slug}.json", json.dumps(facts, ensure_ascii=False, indent=1, default=str))

    def _lists(self, entities: list[Entity]) -> None:
        for kind, folder in FOLDERS.items():
            own = sorted((one for one in entities if one.kind == kind), key=lambda one: (-one.weight, one.title))
            table = parts.list_table(kind, own, self.names)
            description = parts.list_description(kind, self.most, MOST_GROUPS, self.metrics)
            self.render(f"{folder}.html", "list.html", folder, folder.capitalize(), table=table, description=description)
            said = {
                "version": 1,
                "page": f"{folder}.html",
                folder: [{"name": one.name, "title": one.title, "page": one.address} for one in own],
            }
            self.out.write(f"{folder}.json", json.dumps(said, ensure_ascii=False, indent=1))
        index = [
            [parts.search_name(one, self.names), one.kind, one.address]
            for one in sorted(entities, key=lambda one: (-one.weight, one.title))
        ]
        self.out.write("assets/search.js", f"window.hubwatchPages = {script_json(index)};\n")

    def _shares(self, states: list[Figure]) -> None:
        """A page for each state of the switch; the first one's again as the main page."""
        for figure in states:
            title = f"{figure.heading} ({self.names.policy(figure.payload['policy'])})"
            self.render(f"{figure.slug}.html", "shares.html", "shares", title, figure=figure, description=pages.SHARES_LEAD)
        self.render(
            "shares.html", "shares.html", "shares", pages.SHARES, figure=states[0] if states else None, description=pages.SHARES_LEAD
        )
        told = [figure.payload | files_of(figure) | {"citation": figure.citation and figure.citation.sentence} for figure in states]
        said = {"version": 1, "page": "shares.html", "states": told}
        self.out.write("shares.json", json.dumps(said, ensure_ascii=False, indent=1))

    def _data(self, figures: list[Figure], series: list[tuple[Panel, dict[str, Any]]]) -> None:
        for figure in figures:
            self.render(f"figures/{figure.slug}.html", "figure.html", figure.page, figure.heading, figure=figure, description=figure.extent)
        histories = [held["file"] for _, held in series]
        self.render("data.html", "data.html", "data", "Data", table=pages.data_table(figures), histories=histories, addresses=pages.ADDRESSES,
                    description=pages.DATA_LEAD)  # fmt: skip
        said = {"version": 1, "page": "data.html", "figures": [files_of(figure) for figure in figures], "history": histories,
                "addresses": dict(pages.ADDRESSES)}  # fmt: skip
        self.out.write("data.json", json.dumps(said, ensure_ascii=False, indent=1))

    def render(self, name: str, template: str, page: str, title: str, basis: Basis | None = None, **values: Any) -> None:
        figures = [*values.get("figures", ()), *([values["figure"]] if values.get("figure") else [])]
        root = "../" * name.count("/")
        told = basis or self.basis
        site = {"title": self.basis.title, "menu": MENU, "basis": told.sentence, "made": told.made}
        common = {
            "site": site, "page": page, "title": title, "root": root, "json": _json_of(name), "charts": any(figure.chart for figure in figures),
            "drawings": self.files.drawings,
        }  # fmt: skip
        self.out.write(name, self.pages.get_template(template).render({**common, **values}))


def _json_of(name: str) -> str:
    """The JSON beside a page; of a figure's own page its data."""
    return re.sub(r"^(figures|(?=shares/))/?", "data/", name).removesuffix(".html") + ".json"
