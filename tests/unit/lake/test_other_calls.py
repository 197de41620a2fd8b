"""lake/query.py: calls beside the lake, and rows as they come."""

import pyarrow as pa
import pytest

from cdrpipe.errors import CorruptLake
from cdrpipe.lake.query import open_other_calls, open_query, run_file, stream_file

SCHEMA = pa.schema([pa.field("call_id", pa.string()), pa.field("micros", pa.int64())])


def test_all_batches_are_one_table_whatever_the_order_of_their_columns(tmp_path):
    question = tmp_path / "question.sql"
    question.write_text("SELECT * FROM rated WHERE micros > $least ORDER BY micros")
    batches = [
        pa.table({"call_id": ["a", "b"], "micros": [3, 1]}, schema=SCHEMA),
        SCHEMA.empty_table(),
        pa.table({"micros": [2], "call_id": ["c"]}),
    ]
    with open_other_calls(batches, SCHEMA) as connection:
        rows = run_file(connection, question, {"least": 1}).to_pylist()
    assert rows == [{"call_id": "c", "micros": 2}, {"call_id": "a", "micros": 3}]


def test_without_batches_the_table_is_empty(tmp_path):
    question = tmp_path / "question.sql"
    question.write_text("SELECT count(*) AS calls FROM rated")
    with open_other_calls([], SCHEMA) as connection:
        assert run_file(connection, question, {})["calls"].to_pylist() == [0]


def test_a_file_is_answered_in_batches_of_at_most_so_many_rows(lake_of, region, tmp_path):
    question = tmp_path / "question.sql"
    question.write_text("SELECT call_id FROM rated WHERE source = $source ORDER BY call_id")
    connection = open_query(
        lake_of([{"call_id": f"c{index:04}"} for index in range(5_000)]), {"region": region}
    )
    batches = list(stream_file(connection, question, {"source": "pabx"}, batch_rows=2_048))
    assert [batch.num_rows for batch in batches] == [2_048, 2_048, 904]
    assert pa.Table.from_batches(batches)["call_id"][4_999].as_py() == "c4999"


def test_a_lost_file_is_named_while_rows_are_streamed(lake_of, region, tmp_path):
    question = tmp_path / "question.sql"
    question.write_text("SELECT call_id FROM rated")
    stored = lake_of([{"call_id": "c1"}])
    connection = open_query(stored, {"region": region})
    for file in stored.usage_files:
        (tmp_path / file).unlink()
    with pytest.raises(CorruptLake):
        list(stream_file(connection, question, {}, batch_rows=2_048))
