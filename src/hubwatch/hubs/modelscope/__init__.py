"""ModelScope: the hub's own facts. How it is asked is in `walk.py` and `openapi.py`, how its records are read in `record.sql`."""

from hubwatch.hubs.hub import Census, Costs, Hub, Site
from hubwatch.hubs.modelscope import walk
from hubwatch.hubs.modelscope.envelopes import is_envelope
from hubwatch.hubs.modelscope.probe import probe

HUB = Hub(
    package=__name__,
    sites=(
        Site(
            name="modelscope",
            title="ModelScope",
            title_zh="魔搭社区",
            address="https://www.modelscope.cn",
            model_path="/models/",
            is_chinese=True,
            short_names=("ms", "魔搭"),
        ),
        Site(
            name="modelscope.ai",
            title="ModelScope International",
            title_zh="魔搭社区国际站",
            address="https://modelscope.ai",
            model_path="/models/",
            is_chinese=False,
        ),
    ),
    endpoint_variable="MODELSCOPE_ENDPOINT",
    token_variable="MODELSCOPE_API_TOKEN",
    rate=2.0,
    counters="counts downloads since creation only",
    listing_path=walk.ROUTE,
    pages=walk.pages,
    probe=probe,
    costs=Costs(
        page=walk.PAGE,
        bytes_a_record=393,  # of a real page of the site's own listing: tests/bench/cheap_days.py
        census=Census(source="253,090 models on 2026-09-13 (model_data_v2)", listings=253_090),
    ),
    promised=walk.PROMISED,
    kinds_of_record=walk.SHAPES,
    record_keys=walk.RECORD_KEYS,
    other_keys=walk.OTHER_KEYS,
    records=walk.RECORDS,
    is_envelope=is_envelope,
    records_of=walk.records_of,
)
