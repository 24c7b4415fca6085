scope as (select unnest($hubs) as hub, unnest($days) as day, unnest($sweeps) as source)
