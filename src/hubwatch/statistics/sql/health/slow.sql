-- A slump that nothing makes up is told and not judged: the downloads of the day are below 0.7 of what is usual.
select hub, source, day, 'ok' as health, format('the downloads of the day are {:.2f} of what is usual', ratio) as note
from steps where ratio < 0.7
