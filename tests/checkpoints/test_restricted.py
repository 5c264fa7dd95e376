"""The restricted reader gives what sound files hold, as data, and refuses all else in one sentence, running nothing."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.checkpoints.foreign import Record
from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.restricted import read_tree
from tests.checkpoints.fixture_folder import HERE, NO_CHECKPOINT, fixtures
from tests.checkpoints.hostile import (
    FILES,
    MARKER,
    PYTHON,
    args,
    call,
    legacy,
    named,
    number,
    raw,
    snapshot,
    storage,
    tensor,
    text,
    torch_zip,
)

ROOT = Path(__file__).parents[2]
SECONDS, MEMORY = 5.0, 1 << 30
SMALL = sorted(path for path in (HERE / "fixtures").glob("*/*/*") if path.suffix not in NO_CHECKPOINT)


def read(folder: Path, data: bytes):
    """What the reader makes of bytes."""
    path = folder / "file"
    path.write_bytes(data)
    return read_tree(path)


def same(one, other) -> bool:
    """Whether two trees hold the same, tensors and arrays by value and kind."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)


# Sound files.
KEYS = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none())
LEAVES = st.one_of(KEYS, st.floats(), st.binary(max_size=300), st.sets(st.integers(), max_size=4),
                   st.frozensets(st.text(max_size=3), max_size=3))
VALUES = st.recursive(LEAVES, lambda part: st.one_of(
    st.lists(part, max_size=6), st.tuples(part, part), st.tuples(part, part, part, part),
    st.dictionaries(KEYS, part, max_size=6)), max_leaves=40)


@given(value=VALUES, protocol=st.integers(0, 5))
def test_plain_values_come_back_from_every_protocol(tmp_path_factory, value, protocol):
    assert same(read(tmp_path_factory.getbasetemp(), pickle.dumps(value, protocol)), value)


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_scalars_and_kinds_of_dicts_come_back(tmp_path, protocol):
    value = {
        "c": np.arange(6, dtype=np.float32).reshape(2, 3), "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty": np.zeros((0, 3), np.int64), "big": np.arange(3, dtype=">i4"), "flag": np.bool_(True),
        "half": np.float16(1.5), "texts": np.array(["a", "bc"]), "0-d": np.array(3), "long": "é" * 5000,
        "bytes": bytes(range(256)) * 30, "array of bytes": bytearray(b"abc"),
    }  # fmt: skip
    tree = read(tmp_path, pickle.dumps(value, protocol))
    assert bytes(tree.pop("array of bytes")) == bytes(value.pop("array of bytes"))
    assert bytes(tree.pop("bytes")) == value.pop("bytes")
    value["big"] = value["big"].astype(np.int32)
    assert same(tree, value)
    several = OrderedDict(a=1, b=defaultdict(list, x=[2]))
    assert read(tmp_path, pickle.dumps(several, protocol)) == {"a": 1, "b": {"x": [2]}}


def everything():
    """Tensors of every kind, views of one storage, and what lies around them."""
    base = torch.arange(24, dtype=torch.float32)
    kinds = [torch.float16, torch.float64, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
             torch.uint8, torch.bool]
    return {"view": base[3:15].view(3, 4).T, "other": base[4:], "empty": torch.zeros(0, 2), "scalar": torch.tensor(2.5),
            "kinds": [torch.tensor([0, 1, 3]).to(kind) for kind in kinds],
            "parameter": torch.nn.Parameter(torch.ones(2)), "size": tuple(base.shape), "epoch": 3}


@pytest.mark.parametrize("is_zip", [True, False])
def test_torch_files_of_both_kinds_come_back(tmp_path, is_zip):
    torch.save(everything(), tmp_path / "x.pt", _use_new_zipfile_serialization=is_zip)
    tree = read_tree(tmp_path / "x.pt")
    expected = everything()
    expected["parameter"] = expected["parameter"].data
    assert same(tree, expected)
    assert tree["view"].stride() == (1, 4)
    tree["other"][0] = 77
    assert tree["view"][1, 0] == 77, "views of one storage stay views of one storage"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_every_sound_fixture_comes_back_as_torch_itself_reads_it():
    compared = 0
    for path in SMALL:
        try:
            expected = torch.load(path, weights_only=True)
        except (pickle.UnpicklingError, RuntimeError):
            continue
        assert same(read_tree(path), plain(expected)), path
        compared += 1
    assert compared > 4


def plain(tree):
    """The same with ordinary dicts, and without gradients."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    return tree.detach() if isinstance(tree, torch.Tensor) else tree


def test_a_module_saved_whole_is_a_record_of_its_state(tmp_path):
    torch.save(torch.nn.Linear(2, 3), tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    record = read_tree(tmp_path / "x.pt")
    assert record.name == "torch.nn.modules.linear.Linear"
    assert record.state["_parameters"]["weight"].shape == (3, 2)


def test_a_class_saved_with_its_source_is_only_a_name(tmp_path):
    kind = args(text("module"), named("training.Net"), text("net.py"), text(PYTHON)) + b"Q"
    record = read(tmp_path, legacy(kind + b")\x81}" + text("depth") + number(4) + b"sb"))
    assert (record.name, record.state) == ("training.Net", {"depth": 4})
    assert not (Path.cwd() / MARKER).exists()


def test_other_classes_become_records_of_what_the_file_says(tmp_path):
    body = named("training.Options") + args(number(7)) + b"\x81}" + text("a") + number(1) + b"sb"
    record = read(tmp_path, snapshot(body))["G_ema"]
    assert isinstance(record, Record)
    assert (record.name, record.args, record.state, record.items) == ("training.Options", (7,), {"a": 1}, None)
    items = read(tmp_path, snapshot(named("yacs.CfgNode") + b")\x81(" + text("a") + number(1) + b"u"))["G_ema"]
    assert items.items == {"a": 1}
    slots = read(tmp_path, snapshot(named("a.B") + b")\x81N}" + text("x") + number(2) + b"s\x86b"))["G_ema"]
    assert slots.state == {"x": 2}
    old = read(tmp_path, snapshot(call("copy_reg._reconstructor", named("a.B"), named("__builtin__.object"), b"N"), 2))
    assert old["G_ema"].name == "a.B"


def test_a_network_with_source_that_would_do_harm_is_read_and_its_source_stays_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weight = call("torch._utils._rebuild_parameter", tensor(call("torch.storage._load_from_bytes", raw(legacy(
        storage(4), b"]" + text("0") + b"a", number(4)[-1:] + bytes(7) + np.arange(4, dtype="<f4").tobytes()))),
        0, (2, 2), (2, 1)), b"\x89", call("collections.OrderedDict"))
    meta = (b"}(" + text("module_src") + text(PYTHON) + text("class_name") + text("Generator") + text("state") + b"}"
            + text("weight") + weight + b"su")
    record = read(tmp_path, snapshot(call("torch_utils.persistence._reconstruct_persistent_obj", meta)))["G_ema"]
    assert record.args[0]["module_src"] == PYTHON
    assert record.args[0]["state"]["weight"].tolist() == [[0, 1], [2, 3]]
    assert not (tmp_path / MARKER).exists()


def test_storages_of_a_graphics_card_come_to_the_processor(tmp_path):
    card = tensor(storage(4, kind="Float").replace(b"ctorch\n", b"ctorch.cuda\n"), 1, (2,), (1,))
    found = read(tmp_path, torch_zip(card))
    assert found.device.type == "cpu"
    assert found.tolist() == [0.0, 0.0]


def test_numbers_written_backwards_are_turned(tmp_path):
    data = np.arange(4, dtype=">f4").tobytes()
    body = torch_zip(tensor(storage(4, "1"), 0, (4,), (1,)), {"archive/data/1": data, "archive/byteorder": b"big"})
    assert read(tmp_path, body).tolist() == [0, 1, 2, 3]


def test_arrays_that_python_2_wrote_come_back(tmp_path):
    data = np.array([200.5, -3.25], "<f4").tobytes()
    body = (call("numpy.core.multiarray._reconstruct", named("numpy.ndarray"), args(number(0)), b"U\x01b")
            + args(number(1), args(number(2)), call("numpy.dtype", b"U\x02f4", number(0), number(1))
                   + args(number(3), b"U\x01<", b"N", b"N", b"N", number(-1), number(-1), number(0)) + b"b",
                   b"\x89", b"U\x08" + data) + b"b")
    assert read(tmp_path, b"\x80\x02" + body + b".").tolist() == [200.5, -3.25]


def test_shared_parts_stay_shared_and_are_no_cycle(tmp_path):
    part = {"a": [1, 2]}
    tree = read(tmp_path, pickle.dumps([part] * 1000))
    assert tree[0] is tree[999]


# Hostile files.
@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    """Inspects files in a child process with little memory, in an empty working directory."""
    def run(files: dict[str, bytes]):
        folder, here = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("here")
        for name, data in files.items():
            (folder / name).write_bytes(data)
        words = [sys.executable, "-m", "tests.checkpoints.inspect_all", str(folder)]
        result = subprocess.run(words, cwd=here, capture_output=True, text=True, timeout=280, check=False,
                                env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"})
        assert result.returncode == 0, result.stderr
        assert list(here.iterdir()) == [], "something in a file has run"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
        return {line["name"]: line for line in map(json.loads, result.stdout.splitlines())}

    return run


def refused(line) -> bool:
    """One sentence, quickly, in bounded memory, and a status that says so."""
    said = line["error"]
    return (line["status"] == 1 and line["out"] == "" and said.count("\n") == 1 and said.endswith(".\n")
            and "Traceback" not in said and line["seconds"] < SECONDS and line["peak"] < MEMORY)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set as Linux does it")
def test_every_hostile_file_ends_in_one_sentence_and_runs_nothing(inspected):
    lines = inspected({name: make() for name, make in FILES.items()})
    assert lines.keys() == FILES.keys()
    assert [line for line in lines.values() if not refused(line)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set as Linux does it")
def test_every_hostile_file_of_the_full_set_does_as_well(inspected):
    files = {path.name: path.read_bytes() for path in fixtures("hostile").iterdir()}
    lines = inspected(files)
    assert lines.keys() == files.keys()
    assert [line for line in lines.values() if not refused(line)] == []


def test_the_real_program_refuses_with_a_status(tmp_path):
    (tmp_path / "x.pkl").write_bytes(FILES["calls_a_shell"]())
    result = subprocess.run([sys.executable, "-m", "ganstudio.cli", "inspect", "x.pkl"], cwd=tmp_path, timeout=100,
                            capture_output=True, text=True, check=False,
                            env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == ("“x.pkl” cannot be opened: it asks to run “os.system”, which a model has no need of; "
                             "nothing was run.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]


@pytest.mark.parametrize(("name", "said"), [
    ("lists_of_10_to_the_30_leaves", "unfolds to more pieces"),
    ("a_key_of_10_to_the_30_leaves", "files something under a tuple"),
    ("a_zip_bomb", "unfolds to far more than it holds"),
    ("a_zip_that_claims_less_than_it_unpacks_to", "another size than it claims"),
    ("an_encrypted_zip", "encrypted"),
    ("a_tensor_of_terabytes", "far more numbers than it holds"),
    ("a_thousand_views_of_one_storage", "far more numbers than it holds"),
    ("a_tensor_out_of_bounds", "beyond the numbers"),
    ("an_object_in_a_scalar", "something other than numbers"),
    ("changes_a_class", "nothing was changed"),
    ("nested_storages_without_end", "nested deeper"),
])  # fmt: skip
def test_it_is_refused_for_what_is_wrong_with_it(tmp_path, name, said):
    with pytest.raises(ModelError, match=said):
        read(tmp_path, FILES[name]())


def test_nothing_in_the_reader_can_import_or_execute():
    forbidden = ("import_module", "__import__", "find_class", "exec(", "eval(", "getattr(", "import pickle\n",
                 "torch.load", "pickle.load", "allow_pickle", "extractall", "extract(")
    for name in ("restricted", "pickle_machine", "pickle_opcodes", "rebuilding", "torch_files", "archive"):
        source = (ROOT / "ganstudio" / "checkpoints" / f"{name}.py").read_text("utf-8")
        assert [word for word in forbidden if word in source] == [], name
