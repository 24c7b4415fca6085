-- What collectors on several machines agree on. Made by whoever comes first and may, and again where an earlier version made it.
create schema if not exists hubwatch;

create table if not exists hubwatch.sweeps (
  hub text, day date, sweep text,
  epoch bigint not null,        -- rises whenever a collector takes the sweep up: who has a lower one may no longer write
  holder text not null,         -- who took it up last
  since timestamptz not null,
  primary key (hub, day, sweep)
);

create table if not exists hubwatch.turns (
  bucket text primary key,      -- a hub's address, and whose quota it is
  next_at float8 not null default 0,  -- all instants are in seconds by this server's clock
  resets_at float8,             -- when the window that the hub announces is over; never before it really is
  remaining integer,            -- requests left in it
  quota integer,
  seconds integer
);
alter table hubwatch.turns add column if not exists given bigint not null default 0;  -- turns so far

-- Seconds until the caller may send a request, and the number of its turn. What a hub's answer said of its window is told with the next
-- question, and the number of the turn whose answer it was.
create or replace function hubwatch.take_turn(
  of_bucket text, spacing float8, follows_window boolean,
  said_remaining integer, said_reset float8, said_quota integer, said_seconds integer, said_to bigint,
  out pause float8, out number bigint
) language plpgsql as $$
declare
  its hubwatch.turns;
  now_at float8;
  turn float8;
  reset float8;
  tolerated float8;
  margin float8;
begin
  insert into hubwatch.turns (bucket) values (of_bucket) on conflict do nothing;
  select * into its from hubwatch.turns where bucket = of_bucket for update;
  now_at := extract(epoch from clock_timestamp());

  if said_remaining is not null then
    reset := now_at + said_reset;  -- announced in whole seconds, rounded up: the earliest of several is nearest
    its.quota := coalesce(nullif(said_quota, 0), its.quota);
    its.seconds := coalesce(nullif(said_seconds, 0), its.seconds);
    tolerated := least(2.5, greatest(1.3, coalesce(its.seconds, 300) / 3.0));
    said_remaining := said_remaining - (its.given - said_to)::integer;  -- an answer knows nothing of the turns after its own
    if its.resets_at is null or reset > its.resets_at + tolerated then
      its.resets_at := reset;
      its.remaining := said_remaining;
    elsif reset >= its.resets_at - tolerated then  -- we know nothing of strangers' requests, nor of a window that began before we thought
      its.resets_at := least(its.resets_at, reset);
      its.remaining := least(its.remaining, said_remaining);
    end if;  -- else it is of a window that is over
  end if;

  turn := greatest(now_at, its.next_at);
  if its.resets_at is not null then
    margin := least(1.0, coalesce(its.seconds, 300) / 20.0);  -- what is sent so late may arrive in the next window
    if turn < its.resets_at and (its.remaining <= 0 or turn > its.resets_at - margin) then
      turn := its.resets_at;
    end if;
    if turn >= its.resets_at then
      its.remaining := its.quota;  -- both null where the hub does not say: then nothing is known until its next answer
      its.resets_at := its.resets_at + its.seconds * (floor((turn - its.resets_at) / its.seconds) + 1);
    elsif its.remaining < coalesce(its.quota * 0.2, 20) then  -- the rest is spread over the time left
      turn := turn + (its.resets_at - margin - turn) / (its.remaining + 1);
    end if;
  end if;

  its.remaining := its.remaining - 1;
  its.given := its.given + 1;
  its.next_at := turn + case
    when follows_window and its.quota is not null and its.seconds is not null then least(spacing, its.seconds::float8 / its.quota)
    else spacing
  end;
  update hubwatch.turns t set next_at = its.next_at, resets_at = its.resets_at, remaining = its.remaining, quota = its.quota, seconds = its.seconds,
    given = its.given where t.bucket = of_bucket;
  pause := turn - now_at;
  number := its.given;
end $$;
