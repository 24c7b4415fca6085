-- One row a listing of the sweep: licenses, tasks and libraries in the shared vocabulary.
-- From: parsed (the hub's SQL), facts.licenses, facts.words; variables since, until narrow a window.
-- No hub is as old as 2000: what was made or changed before is a program's zero (of the year 1, of 1970), not a time.
create or replace temp view staged as
select parsed.rowid as place, parsed.* replace (coalesce(t.word, task) as task, coalesce(w.word, library) as library,
    case when created_at >= timestamp '2000-01-01' then created_at end as created_at,
    case when modified_at >= timestamp '2000-01-01' then modified_at end as modified_at),
  coalesce(l.license, lower(license_raw)) as license
from parsed
left join (select raw, min(license) as license from facts.licenses group by raw) l on l.raw = lower(trim(license_raw))
left join (select raw, min(word) as word from facts.words where vocabulary = 'task' group by raw) t on t.raw = task
left join (select raw, min(word) as word from facts.words where vocabulary = 'library' group by raw) w on w.raw = library
where reason is null
  and (getvariable('since') is null or created_at is null or created_at >= getvariable('since'))
  -- of a window what is not dated is not known to be in it
  and (getvariable('until') is null or coalesce(created_at < getvariable('until'), false));
