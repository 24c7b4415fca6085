"""What columns of an unknown table may mean: certain lines, questions, and what is not read and why."""

from datetime import date

import pytest

from hubwatch.archives.guessing import Draft, guess_attributes, guess_hub, guess_identity, guess_kind, is_id
from hubwatch.archives.guessing_counters import guess_counters, guess_notation, guess_nulls
from hubwatch.archives.guessing_days import guess_day, guess_day_columns
from hubwatch.errors import DayFailure


def iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_line(values: dict[str, list[str]], outer: dict[str, str] | None = None, file: str = "list.csv") -> str:
    draft = Draft()
    guess_day(draft, values, outer or {}, file, iso)
    return next(line for line in (*draft.questions, *draft.lines) if line.startswith("day"))


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        ("2026-03-09", 'day = { column = "Snapshot Date" }'),
        ("09.03.2026", 'day = { column = "Snapshot Date", format = "" }  # in which order: %d.%m.%Y or %m.%d.%Y'),
        ("29.03.2026", 'day = { column = "Snapshot Date", format = "%d.%m.%Y" }'),
        ("29/03/2026 10:15", 'day = { column = "Snapshot Date", format = "%d/%m/%Y %H:%M" }'),
        ("46090", 'day = { column = "Snapshot Date", format = "excel" }'),
        ("2026-03", "day = { given = true }  # the file does not state its day: give it with --day"),
    ],
)
def test_a_day_is_read_in_one_way_or_asked_about(seen: str, line: str) -> None:
    assert day_line({"Snapshot Date": [seen, seen]}) == line


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("/x/top_2026_03_09.csv", 'day = { file_name = "([0-9]{4}_[0-9]{2}_[0-9]{2})[^/]*$", format = "%Y_%m_%d" }'),
        ("/x/top.2026.03.09.csv", 'day = { file_name = "([0-9]{4}\\\\.[0-9]{2}\\\\.[0-9]{2})[^/]*$", format = "%Y.%m.%d" }'),
        ("/x/2026-03-09/models.csv", 'day = { file_name = "([0-9]{4}-[0-9]{2}-[0-9]{2})[^/]*/[^/]*$" }'),
        ("/x/2026-03-09_to_2026-03-15.csv", "day = { given = true }  # the file does not state its day: give it with --day"),
    ],
)
def test_the_day_may_be_in_the_name_of_the_file_or_its_folder(file: str, line: str) -> None:
    assert day_line({"id": ["acme/alpha"]}, file=file) == line


def test_the_day_of_what_is_around_the_records_counts_and_times_of_models_do_not() -> None:
    assert day_line({"created_at": ["2025-01-01"]}, {"meta.fetched_at": "2026-03-09"}) == 'day = { column = "meta.fetched_at" }'
    assert day_line({"lastModified": ["2025-01-01"]}).startswith("day = { given = true }")


def test_days_in_a_column_of_another_name_are_pointed_at() -> None:
    draft = Draft()
    guess_day(draft, {"week": ["2026-03-09"], "released": ["2025-01-01"]}, {}, "list.csv", iso)
    assert draft.unsure == ['week holds days; if the counters were read on them, write day = { column = "week" }']


@pytest.mark.parametrize(
    ("column", "seen", "told"),
    [
        ("downloads", ["12%", "7.5%"], "downloads is a share in percent, not a count; it is not read"),
        ("downloads_share", ["0.2"], "downloads_share is named like a figure made of counters, not a counter; it is not read"),
        ("downloads_7d", ["5"], "downloads_7d counts over another window than 30 days or all time; it is not read"),
        ("download_url", ["https://acme.example/a"], 'download_url is not a number ("https://acme.example/a"); it is not read'),
        ("downloads", ["[41, 42]"], 'downloads is not a number ("[41, 42]"); it is not read'),
    ],
)
def test_what_is_no_counter_of_ours_is_not_asked_about_and_the_reason_is_stated(column: str, seen: list[str], told: str) -> None:
    draft = Draft()
    assert guess_counters(draft, {column: seen}) == []
    assert told in draft.unsure
    assert draft.counters == []
    assert not draft.asked_counters


def test_a_window_in_the_name_is_taken_however_its_words_are_separated() -> None:
    draft = Draft()
    guess_counters(draft, {"Downloads Last Month": ["5"], "All-Time Downloads": ["50"], "hearts": ["3"]})
    assert draft.counters == ['downloads_30d = "Downloads Last Month"', 'downloads_total = "All-Time Downloads"', 'likes = "hearts"']


def test_numbers_without_a_name_are_asked_about() -> None:
    draft = Draft()
    assert guess_counters(draft, {"id": ["acme/alpha"], "value": ["5"]}) == ["value"]
    assert list(draft.asked_counters) == ["value"]
    assert draft.unsure == ["nothing names what value counts; if it is not downloads, correct [counters]"]


@pytest.mark.parametrize(
    ("figures", "lines"),
    [
        (["1234,0", "7,0"], ['decimal = ","']),
        (["1,2M", "900"], ['decimal = ","']),
        (["12,34,567"], ['thousands = ","']),
        (["1.234.567", "7"], ['thousands = "."', 'decimal = ","']),
        (["41", "7"], []),
    ],
)
def test_a_notation_of_one_reading_is_stated(figures: list[str], lines: list[str]) -> None:
    draft = Draft()
    guess_notation(draft, figures, [])
    assert (draft.lines, draft.questions) == (lines, [])


def test_words_among_figures_are_asked_about() -> None:
    draft = Draft()
    guess_nulls(draft, ["5", "?", "unknown", "?"])
    assert draft.questions == ['nulls = ["?", "unknown"]  # stand among the counters: do they mean that nothing is stated?']


def test_hubs_by_any_of_their_names_are_translated_and_an_unknown_one_is_asked_about() -> None:
    draft = Draft()
    guess_hub(draft, {"platform": ["Hugging Face", "MS", "huggingface"]}, {})
    assert draft.lines == ['hub = { column = "platform", values = { "Hugging Face" = "huggingface", "MS" = "modelscope" } }']
    guess_hub(draft, {"platform": ["huggingface", "Elsewhere"]}, {})
    assert draft.questions == ['hub = { column = "platform", values = { "Elsewhere" = "" } }']


def test_rows_of_other_kinds_are_left_out_by_the_column_that_says_so() -> None:
    draft = Draft()
    guess_kind(draft, {"type": ["model", "dataset", "space"]})
    assert draft.lines == ['only = { column = "type", values = ["model"] }']
    guess_kind(draft, {"type": ["text-generation", "fill-mask"]})
    assert len(draft.lines) == 1
    with pytest.raises(DayFailure, match="every row is of dataset, by its type"):
        guess_kind(draft, {"type": ["dataset", "dataset"]})


@pytest.mark.parametrize(
    ("columns", "pattern", "formats"),
    [
        (["2026-03-09", "2026-03-10"], "([0-9]{4}-[0-9]{2}-[0-9]{2})", [None]),
        (["downloads_2026-03-09"], "([0-9]{4}-[0-9]{2}-[0-9]{2})", [None]),
        (["d20260309", "d20260310"], "(20[0-9]{6})", [None]),
        (["_2026_03_09", "_2026_03_10"], "([0-9]{4}_[0-9]{1,2}_[0-9]{1,2})", ["%Y_%m_%d"]),
        (["9.3.2026", "13.3.2026"], "([0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4})", ["%d.%m.%Y"]),
        (["9/3/2026", "10/3/2026"], "([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})", ["%d/%m/%Y", "%m/%d/%Y"]),
        (["9-Mar-26", "10-Mar-26"], "([0-9]{1,2}-[A-Za-z]{3}-[0-9]{2})", ["%d-%b-%y"]),
        (["May 1, 2026", "May 2, 2026"], "([A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4})", ["%b %d, %Y"]),
        (["2026年3月9日", "2026年3月10日"], "([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)", ["%Y年%m月%d日"]),
        (["2026-02", "2026-03"], "([0-9]{4}-[0-9]{2})", ["%Y-%m"]),
        (["Feb 2026", "Mar 2026"], "([A-Za-z]{3,9}[- _][0-9]{4})", ["%b %Y"]),
        (["downloads", "likes", "top_2026-03-09"], None, []),
        (["downloads", "model-2026-03", "2026"], None, []),
    ],
)
def test_columns_that_are_days_are_known_by_their_names(columns: list[str], pattern: str | None, formats: list[str | None]) -> None:
    draft = Draft()
    found = guess_day_columns(draft, ["id", *columns])
    assert (found.column_names if found else None) == pattern
    assert not formats or (found is not None and found.format == formats[0])
    asked = [*draft.lines, *draft.questions]
    assert len(draft.questions) == (len(formats) > 1 or (found is not None and found.day_of_month is not None))
    assert all(str(one) in asked[0] for one in formats if one)


def test_owner_and_name_are_joined_only_where_that_gives_ids() -> None:
    draft = Draft()
    assert guess_identity(draft, {"Path": ["acme"], "Name": ["alpha"]}) == ("Path", "Name")
    assert guess_identity(Draft(), {"company": ["Acme Inc"], "name": ["Alpha 7B"]}) == ()


def test_attributes_of_a_models_card_are_the_models() -> None:
    draft = Draft()
    guess_attributes(draft, {"id": ["acme/alpha"], "cardData.license": ["mit"], "author.license": ["none"]}, ("id",))
    assert draft.attributes == {"license_raw": "cardData.license"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acme/alpha", True),
        ("https://huggingface.co/acme/alpha/tree/main", True),
        ("[alpha](https://huggingface.co/acme/alpha)", True),
        ('=HYPERLINK("https://huggingface.co/acme/alpha","alpha")', True),
        ("models--acme--alpha", True),
        ("hf://acme/alpha", True),
        ("acme/alpha@main", True),
        ("https://huggingface.co/api/models", False),
        ("https://huggingface.co/datasets/acme/texts", False),
        ("acme/alpha:41", False),
        ("09/03/2026", False),
    ],
)
def test_what_may_be_a_models_id(text: str, said: bool) -> None:
    assert is_id(text) is said
