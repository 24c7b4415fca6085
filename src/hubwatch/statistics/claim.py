"""A printed figure, as a row of data/claims.csv states it."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Claim(BaseModel):
    """One printed figure. `low` and `high` are the range that its printed form stands for, `equals` what an attribute must be.

    A reader's own file needs `claim`, `sentence`, `as_of` and what is to be measured; other columns may be left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    claim: str
    publisher: str | None = None
    published: str | None = None
    sentence: str
    printed: str | None = None
    low: float | None = Field(default=None, description="least value that the printed form stands for")
    high: float | None = Field(default=None, description="most value that the printed form stands for")
    equals: str | None = Field(default=None, description="of an attribute: what it must be, several joined by |")
    tolerance: str | None = Field(default=None, description="why the range is as wide as it is")
    unit: str = ""
    hub: str | None = None
    as_of: date
    within_days: int = 15
    sweep: str = Field(default="full", description="the sources that have the claim's extent, as a pattern: full, archive:osir*")
    statistic: str | None = Field(default=None, description="a statistic, or `selection` or `attributes`")
    question: str | None = None
    row: str | None = Field(default=None, description="which of the statistic's rows, as column=value; several conditions are joined by &")
    column: str | None = None
    filters: str | None = Field(
        default=None, description="what the measure must be narrowed to; a statistic that cannot is of another scope"
    )
    scope: str | None = Field(default=None, description="how the claim's scope differs from all that is measured here")
    needs: str | None = Field(default=None, description="the data that would decide it, and the command that brings it in")
    not_at_hubs: str | None = Field(default=None, description="why no hub can tell")
    pair: str | None = Field(default=None, description="a claim that says the opposite")
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_left_out(cls, row: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in row.items() if value not in ("", None)}
