"""One rule of equality: two values differ when their canonical texts differ, and every difference is seen."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Servers, World, begun
from samples import some
from skyeng import proof
from skyeng.db.postgres import Postgres, Session
from skyeng.db.stores import Stores
from skyeng.errors import BadRowsError
from skyeng.hashing.checksums import Method, canary, row_hash
from skyeng.hashing.hash_keys import Value, clickhouse_text_hash, named_text
from skyeng.marts import migrations as mart_migrations
from skyeng.model import load_model
from skyeng.model.types import LogicalType, parse_type
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.vault import migrations
from skyeng.vault.revisions import model_history

_SPAN = 1 << 32
_SPRING = "timestamp '2026-04-05 06:07:08.123456'"


def _whole(bits: int) -> list[str]:
    """Whole numbers that share halves, words, bits or all but the sign."""
    most = 1 << (bits - 1)
    near = {0, most - 1, -most, 1 - most, most - 2}
    near |= {sign * (1 << bit) + step for bit in range(bits - 1) for sign in (1, -1) for step in (-1, 0, 1)}
    words = [0x0001, 0x0203, 0x8405, 0x0607]
    near |= {
        sum(word << (16 * place) for place, word in enumerate(order[: bits // 16])) - most
        for order in itertools.permutations(words)
    }
    return [f"({number})" for number in sorted(near) if -most <= number < most]


def _numerics(precision: int, scale: int) -> list[str]:
    """Numbers that share their digits: other signs, other powers of ten; NaN."""
    digits = ["1", "12", "123456789"[: min(precision, 9)], "9" * precision]
    shifted = {f"{number}e{exponent}" for number in digits for exponent in range(-scale, precision - scale)}
    fitting = [it for it in shifted if len(it.split("e")[0]) + int(it.split("e")[1]) <= precision - scale]
    return ["0", "'NaN'", *(f"{sign}{it}" for it in sorted(fitting) for sign in ("", "-"))]


def _timestamps() -> list[str]:
    """Moments apart by what a hash of 32 bits may lose, around 2000, and at the ends of what there is."""
    steps = [0, 1, 1 << 16, 1 << 31, _SPAN - 1, _SPAN, _SPAN + 1, 7 * _SPAN, (7 << 32) + 7, 1 << 48, 3 << 48]
    moments = [
        f"({base} {sign} interval '{step // 10**6} s' {sign} interval '{step % 10**6} microseconds')"
        for base in (_SPRING, "timestamp '2000-01-01'", "timestamp '1969-12-31 23:59:59.999999'")
        for step in steps
        for sign in "+-"
    ]
    # As many spans before 2000 as after it: there the hash drops which of the two.
    moments += [f"(timestamp '2000-01-01' + {place} * interval '4294.967296 s')" for place in range(-8, 8)]
    moments += [f"(timestamp '2000-01-01 00:00:01' + {place} * interval '4294.967296 s')" for place in range(-8, 8)]
    edges = ["-infinity", "infinity", "4713-01-01 00:00:00 BC", "4713-01-01 00:00:00.000001 BC", "0001-01-01"]
    edges += ["9999-12-31", "9999-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999", "2026-01-10", "2026-10-01"]
    return [*moments, *(f"'{edge}'" for edge in edges)]


#: By type: values as PostgreSQL's literals, each pair of which differs, or is one and the same in another spelling.
NEAR: dict[str, list[str]] = {
    "boolean": ["true", "false"],
    "smallint": _whole(16),
    "integer": _whole(32),
    "bigint": _whole(64),
    "double": [
        *("'0'", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "'5e-324'", "'-5e-324'", "1", "-1", "0.1", "0.3"),
        *("0.30000000000000004", "'1.7976931348623157e308'", "'-1.7976931348623157e308'", "4294967296", "4294967297"),
        *("('Infinity'::float8 + '-Infinity')", "'2.2250738585072014e-308'", "'2.2250738585072009e-308'"),
    ],
    "numeric(12,2)": _numerics(12, 2),
    "numeric(5,0)": _numerics(5, 0),
    "numeric(38,20)": _numerics(38, 20),
    "numeric(76,38)": _numerics(76, 38),
    "text": [
        *("''", "' '", "'  '", "'a'", "'A'", "'a '", "' a'", "'ab'", "'ba'", "'0'", "'-0'", "'1.0'", "'1.00'", r"'\N'"),
        *(r"'\'", "'|'", r"'\|'", "'a|'", "'a=b'", "'NULL'", "E'\\u00e9'", "E'e\\u0301'", "'ß'", "'ss'", "E'\\n'"),
        *("repeat('x', 5000)", "repeat('x', 4999) || 'y'", "'y' || repeat('x', 4999)", "repeat('x', 5001)"),
    ],
    "date": [
        *("'-infinity'", "'infinity'", "'2000-01-01'", "'1999-12-31'", "'2026-01-02'", "'2026-02-01'", "'0001-01-01'"),
        *("'4713-01-01 BC'", "'5874897-12-31'", "'9999-12-31'", "'1970-01-01'", "'0001-01-01 BC'"),
    ],
    "timestamp": _timestamps(),
    "timestamptz": [f"({moment}::timestamp AT TIME ZONE 'UTC')" for moment in _timestamps()],
    "uuid": [
        f"'{it:032x}'"
        for it in (0, 1, 1 << 32, 1 << 64, 1 << 96, (1 << 128) - 1, 0x0123456789ABCDEF << 64, 0x0123456789ABCDEF)
    ],
    "jsonb": [
        *("'null'", "'\"null\"'", "'1'", "'1.0'", "'1.00'", "'-1'", "'\"1\"'", "'{}'", "'[]'", "'[[]]'", "'[{}]'"),
        *("""'{"a": 1, "b": 2}'""", """'{"b": 2, "a": 1}'""", """'{"a": 2, "b": 1}'""", "'true'", "'\"\"'", "'[null]'"),
    ],
}

METHODS: tuple[Method, ...] = ("binary", "text")


def _query(session: Session, type_: LogicalType, literals: Sequence[str], columns: int, method: Method) -> list[tuple]:
    """Canonical text and hash of rows of so many columns with all combinations of the values, and NULL."""
    names = [f"c{place}" for place in range(columns)]
    values = [Value(name, ident(name), type_) for name in names]
    listed = joined(", ", (sql("({x}::{type})", x=SQL(it), type=SQL(type_.postgres)) for it in (*literals, "NULL")))
    sources = joined(" CROSS JOIN ", (sql("near AS of_{n} ({n})", n=ident(name)) for name in names))
    return session.rows(
        sql(
            "WITH near (x) AS MATERIALIZED (VALUES {listed}) SELECT {text}, {hash} FROM {sources}",
            listed=listed,
            text=named_text(values),
            hash=row_hash(values, method),
            sources=sources,
        )
    )


@pytest.fixture(scope="module")
def database(servers: Servers) -> Postgres:
    return Postgres("pg", servers.database("equality"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NEAR)
def test_values_that_are_near_each_other_never_share_a_hash(database: Postgres, name: str, method: Method) -> None:
    with database.session() as session:
        found = _query(session, parse_type(name), NEAR[name], 1, method)
    assert len({text for text, _ in found}) == len({hash_ for _, hash_ in found}) == len(set(found))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NEAR)
def test_values_that_move_between_columns_and_rows_are_seen(database: Postgres, name: str, method: Method) -> None:
    """Swapped, moved and doubled values give other rows; rows that exchange a value leave no sum as it was."""
    values = NEAR[name][:: max(1, len(NEAR[name]) // 14)]
    with database.session() as session:
        pairs = _query(session, parse_type(name), values, 2, method)
        triples = _query(session, parse_type(name), values[:6], 3, method)
    for found in (pairs, triples):
        assert len({text for text, _ in found}) == len({hash_ for _, hash_ in found}) == len(set(found))
    side = len(values) + 1
    hashes = [[hash_ for _, hash_ in pairs[row * side : (row + 1) * side]] for row in range(side)]
    texts = [[text for text, _ in pairs[row * side : (row + 1) * side]] for row in range(side)]
    for a, c in itertools.combinations(range(side), 2):
        for b, d in itertools.combinations(range(side), 2):
            if sorted((texts[a][b], texts[c][d])) != sorted((texts[a][d], texts[c][b])):
                assert hashes[a][b] + hashes[c][d] != hashes[a][d] + hashes[c][b]


@pytest.mark.parametrize("name", ["numeric(12,2)", "bigint", "timestamp", "double", "integer", "boolean"])
def test_columns_that_change_in_step_are_seen(database: Postgres, name: str) -> None:
    """A hash that is a weighted sum of the columns' hashes loses half of its bits to such a pattern."""
    values = [NEAR[name][0], NEAR[name][-1]]
    type_ = parse_type(name)
    pattern = [bin(place).count("1") % 2 for place in range(64)]
    with database.session() as session:
        hashes = {
            session.scalar(
                sql(
                    "SELECT {hash}",
                    hash=row_hash(
                        Value(f"c{place:02}", sql("{x}::{t}", x=SQL(values[which]), t=SQL(type_.postgres)), type_)
                        for place, which in enumerate(row)
                    ),
                )
            )
            for row in (pattern, [1 - which for which in pattern], [0] * 64, [1] * 64)
        }
    assert len(hashes) == 4, "the pattern is its own mirror image"


def _moments() -> st.SearchStrategy[str]:
    def spelled(micros: int) -> str:
        return f"(timestamp '2000-01-01' + {micros // 10**6} * interval '1 s' + {micros % 10**6} * interval '1 us')"

    return st.integers(-(10**16), 10**17).map(spelled)


_DRAWN: dict[str, st.SearchStrategy[str]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(lambda it: f"'{it}'"),
    "integer": st.integers(-(2**31), 2**31 - 1).map(lambda it: f"'{it}'"),
    "numeric(38,10)": st.decimals(-(10**20), 10**20, places=10).map(lambda it: f"'{it}'"),
    "double": st.floats().map(lambda it: f"'{it!r}'"),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30).map(
        lambda it: literal(it).text
    ),
    "timestamp": _moments(),
}


@pytest.mark.slow
@pytest.mark.parametrize("method", some(list(METHODS), 1))
@pytest.mark.parametrize("name", _DRAWN)
def test_drawn_values_share_a_hash_only_if_they_share_a_text(database: Postgres, name: str, method: Method) -> None:
    @settings(max_examples=25, deadline=None, database=None)
    @given(st.lists(_DRAWN[name], min_size=2, max_size=25))
    def check(literals: list[str]) -> None:
        with database.session() as session:
            found = _query(session, parse_type(name), literals, 1, method)
        assert len({text for text, _ in found}) == len({hash_ for _, hash_ in found}) == len(set(found))

    check()


@pytest.mark.parametrize("name", NEAR)
def test_the_datamart_tells_the_same_values_apart(database: Postgres, servers: Servers, name: str) -> None:
    """As far as it can hold them: by the hash of texts, and by its own."""
    type_ = parse_type(name)
    low, high = type_.limits or (None, None)
    held = sql(
        "SELECT DISTINCT ON ({text}) {x} FROM (VALUES {listed}) AS near (x) WHERE {range}",
        text=named_text([Value("x", ident("x"), type_)]),
        x=SQL(type_.served.replace("{x}", "x")),
        listed=joined(", ", (sql("({x}::{t})", x=SQL(it), t=SQL(type_.postgres)) for it in NEAR[name])),
        range=sql("x BETWEEN {low}::{t} AND {high}::{t}", low=literal(low), high=literal(high), t=SQL(type_.postgres))
        if low is not None
        else sql("true"),
    )
    rows = Path(servers.folder / f"near_{name.split('(')[0]}.tsv")
    with database.session() as session, rows.open("wb") as out:
        count = session.copy_out(held, out, binary=False)
    with servers.datamart().session(create=True) as mart:
        mart.execute(SQL(f"CREATE TABLE near (x Nullable({type_.clickhouse})) ENGINE = Memory"))
        mart.insert("near", ["x"], [rows.read_bytes(), b"\\N\n"])
        hash_ = clickhouse_text_hash([Value("x", ident("x"), type_)])
        assert mart.scalar(sql("SELECT uniqExact({hash}) FROM near", hash=hash_)) == count + 1


def test_two_servers_that_hash_alike_have_the_same_canary(database: Postgres, servers: Servers) -> None:
    """And one that hashes a single type otherwise has another one."""
    with database.session() as one, Postgres("pg", servers.database("equality_2")).session() as other:
        assert one.scalar(canary()) == other.scalar(canary())
        alike = canary().text
        for told, otherwise in (("hashtextextended", "hashtextextended('x' || "), ("hash_numeric_extended", None)):
            changed = alike.replace(f"{told}(", otherwise or f"1 + {told}(")
            assert one.scalar(SQL(changed)) != one.scalar(SQL(alike))


# The same as changes of a real source

_TYPES = {name.replace("(", "_").replace(",", "_").replace(")", ""): name for name in NEAR}


def _model(folder: Path) -> Path:
    """A model whose entity has two attributes of each type."""
    (folder / "data").mkdir(parents=True)
    attributes = {f"{column}_{side}": name for column, name in _TYPES.items() for side in "ab"}
    columns = "\n".join(f"      {column}: '{name}'" for column, name in attributes.items())
    shown = "\n".join(f"      {column}: thing_{column}" for column in attributes)
    (folder / "model.yaml").write_text(
        f"""model: near
source: pg_datasource
feeds:
  things: {{query: things.sql, grain: thing_owner}}
hubs:
  thing: {{plural: things, business_key: {{id: integer}}}}
  owner: {{plural: owners, business_key: {{id: integer}}}}
satellites:
  thing:
    plural: things
    attributes:
{columns}
links:
  thing_owner: {{plural: things_owners, hubs: [thing, owner], driving_key: [thing]}}
marts:
  thing:
    plural: things
    feed: things
    columns:
      id: thing_id
{shown}
"""
    )
    delivered = ", ".join(f"{column} AS thing_{column}" for column in attributes)
    (folder / "things.sql").write_text(f"SELECT id AS thing_id, 1 AS owner_id, {delivered} FROM thing")
    declared = ", ".join(f"{column} {parse_type(name).postgres}" for column, name in attributes.items())
    (folder / "data" / "schema.sql").write_text(f"CREATE TABLE thing (id integer PRIMARY KEY, {declared})")
    return folder


@pytest.fixture(scope="module")
def things(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> World:
    model = load_model(_model(tmp_path_factory.mktemp("near") / "near"))
    with Postgres("pg_datasource", servers.database("near_source")).session() as session:
        session.execute(SQL((model.directory / "data" / "schema.sql").read_text()))
    stores = Stores(
        Postgres("pg_datasource", servers.database("near_source")),
        Postgres("pg_datawarehouse", servers.database("near_warehouse")),
        servers.datamart(),
    )
    migrations.revise(stores.warehouse, model_history(model), "first")
    mart_migrations.revise(model, "first")
    migrations.migrate(stores.warehouse, model)
    mart_migrations.migrate(stores.datamart, model)
    return World(model, stores)


@pytest.mark.slow
@pytest.mark.parametrize("method", some(list(METHODS), 1))
def test_each_change_of_a_value_is_loaded_and_named(
    things: World, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    """A value that becomes its neighbour, and two columns that exchange their values, for every type at once."""
    for module in ("runs.to_datawarehouse", "proof.verification"):
        monkeypatch.setattr(sys.modules[f"skyeng.{module}"], "agreed_method", lambda *_: method)
    monkeypatch.setattr(sys.modules["skyeng.proof.verification"], "_NAMED", 10_000)
    pairs = {column: _pairs(things, parse_type(name), NEAR[name]) for column, name in _TYPES.items()}
    for assignments in ("{0}_a = {0}_b", "{0}_a = {0}_b, {0}_b = {0}_a"):
        things.change("DELETE FROM thing")
        for column, of_type in pairs.items():
            rows = ", ".join(f"({_number(column, place)}, {a}, {b})" for place, (a, b) in enumerate(of_type))
            things.change(f"INSERT INTO thing (id, {column}_a, {column}_b) VALUES {rows}")
        things.run()
        assert things.differences() == []
        changed = set()
        for column, of_type in pairs.items():
            first = _number(column, 0)
            things.change(f"UPDATE thing SET {assignments.format(column)} WHERE id BETWEEN {first} AND {first + 9_999}")
            changed |= {f"thing_id = {_number(column, place)}, owner_id = 1" for place in range(len(of_type))}
        (with_source, *_) = proof.verify(things.model, things.stores)
        assert {it.detail.partition(";")[0] for it in with_source.differences} == changed
        assert things.run().changes["things"].changed == len(changed)
        assert things.differences() == []


def _number(column: str, place: int) -> int:
    return list(_TYPES).index(column) * 10_000 + place


def _pairs(world: World, type_: LogicalType, literals: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of values, or NULL, that differ and that the datamart can hold: others are bad rows of this feed."""
    low, high = (literal(limit) for limit in type_.limits or ("", ""))
    inside = sql("x BETWEEN {low}::{t} AND {high}::{t}", low=low, high=high, t=SQL(type_.postgres))
    listed = joined(
        ", ", (sql("({n}, {x}::{t})", n=literal(n), x=SQL(it), t=SQL(type_.postgres)) for n, it in enumerate(literals))
    )
    distinct = sql(
        "SELECT min(place) FROM (VALUES {listed}) AS near (place, x) WHERE {inside} GROUP BY {text} ORDER BY 1",
        listed=listed,
        inside=inside if type_.limits else sql("true"),
        text=named_text([Value("x", ident("x"), type_)]),
    )
    held = [f"{it}::{type_.postgres}" for it in (*(literals[n] for (n,) in world.source(distinct.text)), "NULL")]
    pairs = [*itertools.pairwise(held), *zip(held, held[5:], strict=False), *zip(held, held[1::2], strict=False)]
    return [(a, b) for a, b in pairs if a != b]


@pytest.mark.slow
def test_a_column_that_changes_its_sign_is_seen_and_two_signs_are_a_contradiction(empty_shop: World) -> None:
    empty_shop.change("""INSERT INTO flat_order (customer_country, customer_number, product_sku, product_price)
        SELECT 'PL', 'c' || i, 'p' || i, i FROM generate_series(1, 50) AS i""")
    empty_shop.run()
    empty_shop.change("UPDATE flat_order SET product_price = -product_price")
    assert len(empty_shop.differences()) == 20
    assert empty_shop.run().changes["orders"].changed == 50
    assert empty_shop.differences() == []
    empty_shop.change(
        "INSERT INTO flat_order (customer_country, customer_number, product_sku, product_price)"
        " VALUES ('DE', '1', 'new', 5), ('DE', '2', 'new', -5)"
    )
    with pytest.raises(BadRowsError, match="one 'product', two different sets of attributes"):
        empty_shop.run()


@pytest.mark.slow
def test_another_hash_method_compares_everything_once_and_says_so(
    school: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing gets a new version for it, also where a load that hashed otherwise was rolled back."""

    def agree_on(method: Method) -> None:
        monkeypatch.setattr(sys.modules["skyeng.runs.to_datawarehouse"], "agreed_method", lambda *_: method)

    school.run()
    before = school.row_counts()
    agree_on("text")
    report = school.run()
    assert report.compared_because == "rows are hashed by the method 'text' now, and were by 'binary'"
    assert not report.anything_new
    assert school.run().compared_because == ""
    agree_on("binary")
    begun(school)  # the next run rolls it back
    agree_on("text")
    report = school.run()
    assert report.compared_because == "rows are hashed by the method 'text' now, and were by 'binary'"
    assert not report.anything_new
    school.change("UPDATE stream_module_lesson SET title = title || '!' WHERE id = 1")
    assert school.run().changes["courses"].changed == 1
    assert school.differences() == []
    assert {table: count for table, count in school.row_counts().items() if count != before[table]} == {
        table: count + 1
        for table, count in before.items()
        if table in ("s_lessons", "courses_changes", school.model.marts[0].table)
    }
