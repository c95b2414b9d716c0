"""The layering of src/, and the checker itself: a planted violation must be found."""

from pathlib import Path

import check_layers
import pytest

ROOT = Path(__file__).parents[2]


def test_sources_keep_the_layers():
    assert check_layers.violations(ROOT / "src") == []


def test_table_is_of_this_tree():
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    table = check_layers.table()
    assert folders - check_layers.OUTSIDE == set(table)
    assert table["base"] == set()
    assert table["vote"] == {"base"}
    assert "sqlite" not in table["web"] | table["ingest"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("base/buf.c", '#include "vote/vote.h"'),
        ("net/http.c", '  #  include "ledger/ledger.h"'),
        ("web/page.c", '#include "sqlite/link.h"'),
        ("ledger/ledger.c", '#include "sqlite/link.h"'),
        ("unknown/thing.h", "int vt_thing;"),
    ],
)
def test_planted_violation_is_found(tmp_path, file, text):
    path = tmp_path / file
    path.parent.mkdir()
    path.write_text(f"// a file\n{text}\n")
    found = check_layers.violations(tmp_path)
    assert len(found) == 1
    assert file in found[0]


def test_adapters_may_see_the_database(tmp_path):
    path = tmp_path / "ledger" / "ledger_sqlite.c"
    path.parent.mkdir()
    path.write_text('#include "sqlite/link.h"\n#include "ledger/ledger.h"\n#include <uv.h>\n')
    assert check_layers.violations(tmp_path) == []
