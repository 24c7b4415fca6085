-- Days on which more than a few per cent of a source's cumulative counters are lower than on the day before: what becomes of them
-- afterwards tells a roll-back from a correction (rolled_back.sql). Five per cent: on ordinary days it is a few in a thousand.
select hub, source, day as start, before, fell, counted from steps where counted >= 20 and fell >= 5 and fell > 0.05 * counted
