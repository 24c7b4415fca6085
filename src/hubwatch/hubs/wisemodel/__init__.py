"""WiseModel: the hub's own facts. How it is asked is in `walk.py`, how its records are read in `record.sql`."""

from pathlib import Path

from hubwatch.hubs.hub import Costs, Hub, Site
from hubwatch.hubs.wisemodel import walk
from hubwatch.hubs.wisemodel.capture import propose
from hubwatch.hubs.wisemodel.probe import probe


def read_saved_page(path: Path) -> list[str]:
    """The model_ids that a page saved from a browser, or a publisher's README, links to."""
    from hubwatch.hubs.wisemodel.saved_pages import read_links  # here, because its parser costs every command a tenth of a second

    return read_links(path)


HUB = Hub(
    package=__name__,
    sites=(
        Site(
            name="wisemodel",
            title="WiseModel",
            title_zh="始智AI",
            address="https://wisemodel.cn",
            model_path="/models/",
            is_chinese=True,
            short_names=("wm", "始智"),
        ),
    ),
    endpoint_variable="WISEMODEL_ENDPOINT",
    token_variable="WISEMODEL_TOKEN",
    rate=1.0,
    counters="gives no downloads",
    listing_path=walk.ROUTE,
    pages=walk.pages,
    probe=probe,
    read_saved_page=read_saved_page,
    propose_listing=propose,
    looks_up_licenses=True,
    costs=Costs(page=walk.PAGE, possible_between=("new",)),  # nobody counted its projects, and no real page of them is at hand
    promised=walk.PROMISED,
    other_keys=frozenset(("id", "path_with_namespace", "name", "created_at", "last_activity_at", "visibility", "looked_up", "listed")),
    kinds_of_record=(walk.PROMISED,),
    records=walk.RECORDS,
    is_envelope=lambda value: "data" in value or "list" in value,
    records_of=walk.records_of,
)
