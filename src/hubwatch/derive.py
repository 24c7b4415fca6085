"""Which listing says it is made from which, and where each chain of bases ends; set-based, whatever the chains look like."""

import duckdb

_EDGES = """create or replace temp table edges as
with stated as (
  select hub, model_id, unnest(base_models) as base_model_id, generate_subscripts(base_models, 1) as turn,
    coalesce(base_relation, 'unknown') as relation
  from listings where len(base_models) > 0
)
select hub, model_id, base_model_id, relation, min(turn) as turn from stated where base_model_id <> ''
group by hub, model_id, base_model_id, relation"""

# Numbers in the order of hub and model_id, so that the first in order is the smallest.
_NODES = """create or replace temp table nodes as
select row_number() over (order by hub, model_id)::integer as node, hub, model_id
from (select hub, model_id from edges union select hub, base_model_id from edges)"""

# Where chains split, the first base named goes on.
_POINTERS = """create or replace temp table pointers as
select child.node, base.node as target, 1::bigint as depth
from (select hub, model_id, arg_min(base_model_id, (turn, base_model_id)) as first_base
  from edges where base_model_id <> model_id group by hub, model_id) as first
join nodes child on child.hub = first.hub and child.model_id = first.model_id
join nodes base on base.hub = first.hub and base.model_id = first_base"""

_DERIVED = """create or replace temp table derived as
select edges.hub, edges.model_id, base_model_id, relation, coalesce(root.model_id, base_model_id) as root_model_id,
  (1 + coalesce(ends.depth, 0))::integer as depth
from edges join nodes base on base.hub = edges.hub and base.model_id = base_model_id
left join ends using (node) left join nodes root on root.node = ends.root"""


def derive(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary table `derived`, one row for each base a listing names: the columns of `derivations`.

    A base that its hub does not list is an end like any other. A circle of bases ends at its first listing in order.
    """
    for statement in (_EDGES, _NODES, _POINTERS):
        con.execute(statement)
    con.execute("create or replace temp table ends (node integer, root integer, depth bigint)")
    circling = _follow(con)
    if circling:
        _cut_circles(con, circling)
        _follow(con)
    con.execute(_DERIVED)
    con.execute("drop table edges; drop table nodes; drop table pointers; drop table ends")


def _follow(con: duckdb.DuckDBPyConnection) -> int:
    """Move every pointer that reaches an end into `ends`; how many never do, which stay in `pointers` as they were.

    Doubling: each round a pointer takes over where its target points, so a chain of n takes log2(n) rounds. A round in which
    none arrives is the last, because on a chain that arrives the distances have no gap.
    """
    con.execute("create or replace temp table jumps as from pointers")
    left = None
    while left is None or 0 < _count(con, _UNDERWAY) < left:
        left = _count(con, _UNDERWAY)
        con.execute("""create or replace temp table jumps as
            select a.node, coalesce(b.target, a.target) as target, a.depth + coalesce(b.depth, 0) as depth
            from jumps a left join jumps b on b.node = a.target""")
    con.execute("insert into ends select node, target, depth from jumps anti join pointers p on p.node = jumps.target")
    con.execute("create or replace temp table pointers as from pointers anti join ends using (node)")
    con.execute("drop table jumps")
    return _count(con, "from pointers")


_UNDERWAY = "from jumps semi join pointers p on p.node = jumps.target"


def _cut_circles(con: duckdb.DuckDBPyConnection, circling: int) -> None:
    """Take the pointer of each circle's first listing away; `circling` is how many pointers lead into or along circles."""
    con.execute("create or replace temp table rounds as select node, target, target as lowest from pointers")
    for _ in range(circling.bit_length()):  # then every pointer has gone round its circle at least once, and lies on it
        con.execute("""create or replace temp table rounds as
            select a.node, b.target, least(a.lowest, b.lowest) as lowest from rounds a join rounds b on b.node = a.target""")
    con.execute("""create or replace temp table pointers as from pointers
        anti join (select r.node from rounds r semi join rounds s on s.target = r.node where r.lowest = r.node) first using (node)""")
    con.execute("drop table rounds")


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) {relation}").fetchone()
    assert row is not None
    return int(row[0])
