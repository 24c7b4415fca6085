"""What a day changed: new, removed and flagged listings, and the totals beside those of the comparable day before."""

from datetime import date

from hubwatch.errors import counted
from hubwatch.readers.database import Database

_CHANGES = """
with this as (select hub, day, sweep, complete, records from days where day = $day),
before as (
  select this.hub, max(days.day) as day from this join days on days.hub = this.hub and days.day < this.day
    and days.sweep = this.sweep and days.complete group by this.hub),
sums as (
  select hub, day, sum(downloads_30d) as downloads_30d, sum(downloads_total) as downloads_total
  from observations where day = $day or (hub, day) in (select (hub, day) from before) group by hub, day),
fresh as (select hub, count(*) as listings from listings where first_seen_on = $day group by hub),
gone as (select hub, count(*) as listings from listings where gone_on = $day group by hub),
doubted as (select hub, count(*) as flags from flags where day = $day group by hub)
select hub, records, coalesce(fresh.listings, 0), coalesce(gone.listings, 0), coalesce(flags, 0),
  coalesce(now.downloads_30d, now.downloads_total), coalesce(earlier.downloads_30d, earlier.downloads_total), before.day
from this left join before using (hub) left join fresh using (hub) left join gone using (hub) left join doubted using (hub)
left join sums now on now.hub = this.hub and now.day = this.day
left join sums earlier on earlier.hub = this.hub and earlier.day = before.day
order by hub"""


def changes_on(db: Database, day: date) -> list[str]:
    """One line for each hub observed on the day."""
    lines = []
    for hub, records, fresh, gone, flags, downloads, earlier, before in db.con.execute(_CHANGES, {"day": day}).fetchall():
        line = f"{hub} on {day}: {counted(records, 'model')}, {fresh:,} seen for the first time, {gone:,} removed, {counted(flags, 'flag')}"
        if downloads is not None:
            line += f", {counted(int(downloads), 'download')}"
        if downloads is not None and earlier:
            line += f" ({(float(downloads) / float(earlier) - 1):+.1%} since {before})"
        lines.append(line)
    return lines
