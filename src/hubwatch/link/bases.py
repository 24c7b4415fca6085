"""Which listing says it is made from which, and where each chain of bases ends; set-based, whatever the chains look like."""

import duckdb

_EDGES = """create or replace temp table edges as
with named as (
  select hub, model_id, unnest(base_models) as base, generate_subscripts(base_models, 1) as turn,
    coalesce(base_relation, 'unknown') as relation
  from listings where len(base_models) > 0
), stated as (
  select hub, named.model_id, coalesce(listed_as, base) as base_model_id, turn, relation
  from named left join (select hub, model_id as base, listed_as from former_ids) using (hub, base)
)
select hub, model_id, base_model_id, relation, min(turn) as turn from stated where base_model_id not in ('', model_id)
group by hub, model_id, base_model_id, relation"""

# One row a derived listing. Where chains split, the first base named goes on; `target` is that base where it is derived itself.
_POINTERS = """create or replace temp table pointers as
with first as (
  select row_number() over () as node, * from (
    select hub, model_id, arg_min(base_model_id, (turn, base_model_id)) as base
    from edges group by hub, model_id)
)
select first.*, next.node as target from first left join first next on next.hub = first.hub and next.model_id = first.base"""

_DERIVED = """create or replace temp table derived as
select hub, edges.model_id, base_model_id, relation, coalesce(root, base_model_id) as root_model_id,
  (1 + coalesce(depth, 0))::integer as depth
from edges left join (select hub, model_id as base_model_id, root, depth from ends) using (hub, base_model_id)"""


def derive(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary table `derived`, one row for each base a listing names other than itself: the columns of `derivations`.

    A base that its hub does not list is an end like any other, unless the temporary table `former_ids`, where there is one, knows
    the id it is listed under. A circle of bases ends at its first listing in order.
    """
    con.execute("create temp table if not exists former_ids (hub varchar, model_id varchar, listed_as varchar)")
    con.execute(_EDGES)
    con.execute(_POINTERS)
    con.execute("create or replace temp table ends (hub varchar, model_id varchar, root varchar, depth bigint)")
    circling = _follow(con)
    if circling:
        _cut_circles(con, circling)
        _follow(con)
    con.execute(_DERIVED)
    con.execute("drop table edges; drop table pointers; drop table ends")


def _follow(con: duckdb.DuckDBPyConnection) -> int:
    """Move every pointer whose chain ends into `ends`; how many never end, which stay in `pointers`.

    Doubling: each round a pointer takes over where the one it has reached has got to, so a chain of n takes log2(n) rounds. A
    round in which none arrives is the last, because the distances along a chain have no gap.
    """
    con.execute("""create or replace temp table jumps as
        select node, coalesce(target, node) as reached, if(target is null, 0, 1)::bigint as depth from pointers""")
    left, before = _underway(con), -1
    while left not in (0, before):
        con.execute("""create or replace temp table jumps as
            select a.node, b.reached, a.depth + b.depth as depth from jumps a join jumps b on b.node = a.reached""")
        left, before = _underway(con), left
    con.execute("""insert into ends select own.hub, own.model_id, last.base, depth + 1
        from jumps join pointers own using (node) join pointers last on last.node = reached where last.target is null""")
    con.execute("create or replace temp table pointers as from pointers anti join ends using (hub, model_id)")
    con.execute("drop table jumps")
    return left


def _underway(con: duckdb.DuckDBPyConnection) -> int:
    return _count(con, "from jumps semi join (select node from pointers where target is not null) p on p.node = reached")


def _cut_circles(con: duckdb.DuckDBPyConnection, circling: int) -> None:
    """Make each circle's first listing in order its end; `circling` is how many pointers lead into or along circles."""
    con.execute("create or replace temp table rounds as select node, target as reached, base as lowest from pointers")
    for _ in range(circling.bit_length()):  # then each has gone round its circle at least once, and what it reached lies on it
        con.execute("""create or replace temp table rounds as
            select a.node, b.reached, least(a.lowest, b.lowest) as lowest from rounds a join rounds b on b.node = a.reached""")
    con.execute("""create or replace temp table firsts as select node, hub, model_id
        from pointers join rounds using (node) where model_id = lowest and node in (select reached from rounds)""")
    con.execute("insert into ends select hub, model_id, model_id, 0 from firsts")
    con.execute("""create or replace temp table pointers as
        select * replace (if(target in (select node from firsts), null, target) as target) from pointers anti join firsts using (node)""")
    con.execute("drop table rounds; drop table firsts")


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) {relation}").fetchone()
    assert row is not None
    return int(row[0])
