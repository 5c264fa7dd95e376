"""Files that mean harm, are damaged or make no sense, made by code: each name says what is in it.

`FILES` has the bytes of each; all must end in one sentence. `MARKER` is what a file leaves in the working directory
when anything in it has run.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

import torch

MARKER = "PWNED_here"
SHELL = f"touch {MARKER}"
PYTHON = f"open('{MARKER}', 'w').close()"
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
FILES: dict[str, Callable[[], bytes]] = {}


def text(value: str) -> bytes:
    """An opcode that pushes a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    """An opcode that pushes a whole number of any size."""
    data = pickle.encode_long(value)
    return b"\x8b" + struct.pack("<i", len(data)) + data


def raw(data: bytes) -> bytes:
    """An opcode that pushes bytes."""
    return b"B" + struct.pack("<I", len(data)) + data


def named(name: str) -> bytes:
    """An opcode that pushes a class or function by name."""
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode()


def args(*parts: bytes) -> bytes:
    """Opcodes that push a tuple."""
    return b"(" + b"".join(parts) + b"t"


def call(name: str, *parts: bytes) -> bytes:
    """Opcodes that call something."""
    return named(name) + args(*parts) + b"R"


def snapshot(body: bytes, protocol: int = 3) -> bytes:
    """A pickle of {"G_ema": body}."""
    return b"\x80" + bytes([protocol]) + b"}" + text("G_ema") + body + b"s."


def storage(count: int, key: str = "0", kind: str = "Float") -> bytes:
    """Opcodes that push a storage."""
    return args(text("storage"), named(f"torch.{kind}Storage"), text(key), text("cpu"), number(count)) + b"Q"


def tensor(source: bytes, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    """Opcodes that push a tensor over a storage."""
    return call("torch._utils._rebuild_tensor_v2", source, number(offset), args(*map(number, size)),
                args(*map(number, stride)), b"\x89", call("collections.OrderedDict"))


def legacy(body: bytes, keys: bytes = b"]", tail: bytes = b"") -> bytes:
    """An older torch file of which one object is `body`."""
    system = b"}" + text("little_endian") + b"\x88s"
    parts = [b"M\xe9\x03", system, body, keys]
    return LEGACY + b"".join(b"\x80\x02" + part + b"." for part in parts) + tail


def torch_zip(body: bytes, extra: dict[str, bytes] | None = None, packing: int = zipfile.ZIP_STORED) -> bytes:
    """A torch archive whose pickle makes `body`, with four floats as storage 0."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + body + b".")
        archive.writestr("archive/data/0", bytes(16))
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return file.getvalue()


def state_dict(body: bytes) -> bytes:
    """A torch archive of {"g_ema": {"input.input": body}}."""
    inner = b"}" + text("input.input") + body + b"s"
    return torch_zip(b"}" + text("g_ema") + inner + b"s")


def hostile(function: Callable[[], bytes]) -> Callable[[], bytes]:
    """Keep a function's bytes under its name."""
    FILES[function.__name__] = function
    return function


def _add(name: str, data: bytes | Callable[[], bytes]) -> None:
    FILES[name] = data if callable(data) else lambda: data


# What means to run something.
_add("calls_a_shell", snapshot(call("os.system", text(SHELL))))
_add("calls_posix", snapshot(call("posix.system", text(SHELL)), 4))
_add("evaluates", snapshot(call("builtins.eval", text(PYTHON))))
_add("executes", snapshot(call("builtins.exec", text(PYTHON))))
_add("imports", snapshot(call("builtins.__import__", text("antigravity"))))
_add("python_2_evaluates", snapshot(call("__builtin__.eval", text(PYTHON)), 2))
_add("gets_an_attribute", snapshot(call("builtins.getattr", named("os.path"), text("os"))))
_add("runs_a_string_of_numpy", snapshot(call("numpy.testing._private.utils.runstring", text(PYTHON), b"}")))
_add("loads_with_torch", snapshot(call("torch.load", text("/etc/passwd"))))
_add("an_old_instance", b"(i" + b"os\nsystem\n.")
_add("an_old_instance_with_arguments", b"(" + b"S'" + SHELL.encode() + b"'\nios\nsystem\n.")
_add("an_old_object", b"\x80\x02(" + named("os.system") + text(SHELL) + b"o.")
_add("a_new_object", snapshot(named("subprocess.Popen") + args(text(SHELL)) + b"\x81"))
_add("a_new_object_by_names", snapshot(named("subprocess.Popen") + args(text(SHELL)) + b"}\x92"))
_add("a_copy_made_by_copyreg", snapshot(call("copyreg.__newobj__", named("subprocess.Popen"), text(SHELL))))
_add("an_old_copy_made_by_copyreg", snapshot(call("copyreg._reconstructor", named("subprocess.Popen"),
                                                   named("builtins.object"), b"N"), 2))
_add("protocol_0_calls_a_shell", b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR.")
_add("stack_global_calls_a_shell", snapshot(text("os") + text("system") + b"\x93" + args(text(SHELL)) + b"R", 4))
_add("changes_a_class", snapshot(named("torch.Tensor") + b"}" + text("__reduce__") + named("os.system") + b"sb"))
_add("registered_extension_1", snapshot(b"\x82\x01"))
_add("registered_extension_2", snapshot(b"\x83\x01\x00"))
_add("registered_extension_4", snapshot(b"\x84\x01\x00\x00\x00"))
_add("torch_zip_calls_a_shell", state_dict(call("os.system", text(SHELL))))
_add("torch_legacy_calls_a_shell", legacy(call("os.system", text(SHELL))))
_add("storage_keys_call_a_shell", legacy(b"}", keys=call("os.system", text(SHELL))))
_add("nested_storage_calls_a_shell",
     snapshot(call("torch.storage._load_from_bytes", raw(legacy(call("os.system", text(SHELL)))))))
_add("an_object_in_a_scalar", snapshot(call(
    "numpy.core.multiarray.scalar", call("numpy.dtype", text("O8"), b"\x89", b"\x88"),
    raw(b"\x80\x02" + call("os.system", text(SHELL)) + b"."))))
_add("an_object_in_an_array", snapshot(
    call("numpy.core.multiarray._reconstruct", named("numpy.ndarray"), args(number(0)), raw(b"b"))
    + args(number(1), args(number(1)), call("numpy.dtype", text("O"), b"\x89", b"\x88"), b"\x89", b"]") + b"b"))
_add("a_dtype_with_fields", snapshot(
    call("numpy.dtype", text("f4"), b"\x89", b"\x88")
    + args(number(3), text("<"), b"N", args(text("a")), b"}", number(-1), number(-1), number(0)) + b"b"))
_add("a_persistent_id_in_a_bare_pickle", snapshot(text("x") + b"Q"))
_add("a_persistent_id_of_a_function", state_dict(args(text("module"), text("os"), text("x"), text(PYTHON)) + b"Q"))


@hostile
def nested_storages_without_end() -> bytes:
    body = b"}"
    for _ in range(40):
        body = call("torch.storage._load_from_bytes", raw(legacy(body)))
    return snapshot(body)


# What means to fill time or memory.
_add("two_million_marks", b"\x80\x02" + b"(" * 2_000_000)
_add("two_million_steps", b"\x80\x02" + b"N0" * 1_000_000 + b"N.")
_add("lists_in_lists", b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".")
_add("tuples_in_tuples", b"\x80\x02)" + b"\x85" * 500_000 + b".")
_add("lists_of_10_to_the_30_leaves", b"\x80\x04]\x94" + b"".join(
    b"](" + b"h" + bytes([i]) + b"h" + bytes([i]) + b"e\x94" for i in range(100)) + b".")
_add("a_key_of_10_to_the_30_leaves", b"\x80\x04})\x940" + b"".join(
    b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86\x940" for i in range(100)) + b"hdNs.")
_add("a_list_in_itself", b"\x80\x02]q\x00h\x00a.")
_add("a_dict_in_itself", b"\x80\x02}q\x00" + text("G_ema") + b"h\x00s.")
_add("a_record_in_itself", snapshot(named("a.B") + b")\x81q\x01}" + text("x") + b"h\x01sb"))
_add("a_list_as_a_key", b"\x80\x02}]Ns.")
_add("a_dict_in_a_set", b"\x80\x04\x8f(}\x90.")
_add("bytes_of_9_exabytes", b"\x80\x04\x8e" + struct.pack("<Q", 1 << 63) + b"x.")
_add("a_text_of_4_gigabytes", b"\x80\x04X" + struct.pack("<I", (1 << 32) - 1) + b"x.")
_add("a_number_of_2_gigabytes", b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1) + b"x.")
_add("a_number_of_negative_length", b"\x80\x02\x8b" + struct.pack("<i", -1) + b"x.")
_add("a_number_of_a_million_digits", b"\x80\x02L" + b"9" * 1_000_000 + b"L\n.")
_add("a_frame_of_9_exabytes", b"\x80\x04\x95" + struct.pack("<Q", 1 << 63) + b"N.")
_add("a_legacy_storage_of_terabytes", legacy(tensor(storage(1 << 40), 0, (1,), (1,)), b"]" + text("0") + b"a"))
_add("a_tensor_of_terabytes", state_dict(tensor(storage(4), 0, (1 << 40,), (0,))))
_add("a_tensor_out_of_bounds", state_dict(tensor(storage(4), 0, (1 << 20,), (1,))))
_add("a_tensor_behind_its_storage", state_dict(tensor(storage(4), 5, (0,), (1,))))
_add("a_tensor_of_negative_stride", state_dict(tensor(storage(4), 3, (4,), (-1,))))
_add("a_tensor_of_negative_offset", state_dict(tensor(storage(4), -1, (4,), (1,))))
_add("a_tensor_of_negative_size", state_dict(tensor(storage(4), 0, (-4,), (1,))))
_add("a_tensor_of_overflowing_size", state_dict(tensor(storage(4), 0, (1 << 62, 1 << 62), (1 << 62, 1))))
_add("a_tensor_of_50_dimensions", state_dict(tensor(storage(4), 0, (1,) * 50, (1,) * 50)))
_add("a_tensor_without_a_storage", state_dict(tensor(b"N", 0, (1,), (1,))))
_add("a_storage_that_is_not_there", state_dict(tensor(storage(4, "7"), 0, (1,), (1,))))
_add("a_storage_outside", state_dict(tensor(storage(4, "../../../../etc/passwd"), 0, (1,), (1,))))
_add("a_storage_of_two_kinds", torch_zip(b"(" + tensor(storage(4), 0, (1,), (1,))
                                         + tensor(storage(4, kind="Long"), 0, (1,), (1,)) + b"l"))
_add("a_storage_of_complex_numbers", state_dict(tensor(storage(2, kind="ComplexFloat"), 0, (1,), (1,))))


@hostile
def a_megabyte_ten_thousand_times() -> bytes:
    data = b"\x80\x02" + text("x" * (1 << 20)) + b"q\x000]"
    copy = named("_codecs.encode") + b"h\x00" + text("latin1") + b"\x86Ra"
    return data + copy * 10_000 + b"."


@hostile
def a_long_list_made_a_dict_again_and_again() -> bytes:
    pair = b"](K\x01K\x02e"
    data = b"\x80\x02]q\x00(" + pair * 20_000 + b"e0]"
    return data + (named("collections.OrderedDict") + b"h\x00\x85Ra") * 20_000 + b"."


@hostile
def keys_that_collide() -> bytes:
    keys = b"".join(number(i * ((1 << 61) - 1)) + b"N" for i in range(1, 60_000))
    return b"\x80\x02}(" + keys + b"u."


@hostile
def a_thousand_views_of_one_storage() -> bytes:
    view = tensor(b"h\x00", 0, (1 << 18,), (1,))
    names = b"".join(text(f"convs.{i}.weight") + view for i in range(2_000))
    body = storage(1 << 18) + b"q\x000}" + text("g_ema") + b"}(" + names + b"us"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + body + b".")
        archive.writestr("archive/data/0", bytes(1 << 20))
    return file.getvalue()


# Zip archives.
def _squeezed(size: int) -> bytes:
    """That many zeros, deflated."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, -15)
    return squeeze.compress(bytes(size)) + squeeze.flush()


@hostile
def a_zip_bomb() -> bytes:
    """Some hundred KB that unpack to 150 MB."""
    size = 150 << 20
    return _packed({"archive/data/0": (_squeezed(size), size, 8)},
                   pickle_=tensor(storage(size // 4), 0, (size // 4,), (1,)))


@hostile
def a_zip_that_claims_less_than_it_unpacks_to() -> bytes:
    return _packed({"archive/data/0": (_squeezed(40 << 20), 16, 8)}, pickle_=tensor(storage(4), 0, (4,), (1,)))


def _packed(members: dict[str, tuple[bytes, int, int]], pickle_: bytes) -> bytes:
    """An archive written by hand: name to (bytes as they lie, size that is claimed, way of packing)."""
    body = b"\x80\x02" + pickle_ + b"."
    members = {**members, "archive/data.pkl": (body, len(body), 0)}
    data, directory = b"", b""
    for name, (packed, size, way) in members.items():
        fields = struct.pack("<HHHHHIIIHH", 20, 0, way, 0, 0, 0, len(packed), size, len(name), 0)
        directory += (b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(data))
                      + name.encode())
        data += b"PK\x03\x04" + fields + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(data), 0)
    return data + directory + b"PK\x05\x06" + end


def _zip_with(name: str, mode: int = 0) -> bytes:
    file = io.BytesIO(torch_zip(b"N"))
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, b"/etc/passwd")
    return file.getvalue()


def _flagged(data: bytes) -> bytes:
    """The same archive with every member marked as encrypted."""
    parts = bytearray(data)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(sign)
        while start >= 0:
            parts[start + at] |= 1
            start = data.find(sign, start + 1)
    return bytes(parts)


_add("a_zip_with_an_absolute_name", _zip_with("/tmp/x"))
_add("a_zip_that_leads_out", _zip_with("archive/../../x"))
_add("a_zip_with_a_link", _zip_with("archive/link", 0o120777))
_add("a_zip_with_two_pickles", _zip_with("other/data.pkl"))
_add("a_zip_without_a_pickle", torch_zip(b"N").replace(b"data.pkl", b"data.txt"))
_add("a_zip_with_a_name_twice",
     torch_zip(b"N", {"archive/data/1": b"x"}).replace(b"archive/data/1", b"archive/data/0"))
_add("an_encrypted_zip", _flagged(torch_zip(b"N")))
_add("a_zip_cut_off", torch_zip(b"N")[:-40])
_add("a_zip_of_nothing", b"PK\x05\x06" + bytes(18))
_add("a_torchscript_program", torch_zip(b"N", {"archive/code/__torch__.py": b"import os"}))
_add("a_bzip2_zip", torch_zip(b"N", packing=zipfile.ZIP_BZIP2))


# What is no checkpoint, or a poor one.
_add("nothing", b"")
_add("a_web_page", b"<!DOCTYPE html><html><title>Quota exceeded</title></html>")
_add("a_pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")
_add("an_error_in_xml", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")
_add("an_hdf5_file", b"\x89HDF\r\n\x1a\n" + bytes(100))
_add("a_json_text", b'{"resolution": 1024}')
_add("a_text", b"Dear reader, the weights are on the other server.\n")
_add("a_picture", b"\x89PNG\r\n\x1a\n" + bytes(100))
_add("noise", bytes((i * 167 + 13) % 251 for i in range(4000)))
_add("a_newer_pickle", b"\x80\x09N.")
_add("safetensors_with_a_torn_header", struct.pack("<Q", 20) + b'{"a": {"dtype": "F32"')
_add("safetensors_of_too_much", struct.pack("<Q", 64)
     + b'{"a":{"dtype":"F32","shape":[999999],"data_offsets":[0,3999996]}}')
_add("nothing_at_all_in_it", b"\x80\x02}.")
_add("a_number", b"\x80\x02K\x01.")
_add("a_snapshot_of_nothing", snapshot(b"N"))
_add("a_hollow_snapshot", snapshot(call(
    "torch_utils.persistence._reconstruct_persistent_obj",
    b"}(" + text("type") + text("class") + text("version") + number(6) + text("module_src") + text(PYTHON)
    + text("class_name") + text("Generator") + text("state") + b"}(" + text("_parameters") + b"}" + text("_buffers")
    + b"}" + text("_modules") + b"}uu")))
_add("three_hollow_networks", b"\x80\x02(" + b"".join(
    named("dnnlib.tflib.network.Network") + b")\x81}(" + text("version") + number(4) + text("build_module_src")
    + text(PYTHON) + text("variables") + b"]ub" for _ in range(3)) + b"t.")


def saved(value: object) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def _hollow(*keys: str) -> Callable[[], bytes]:
    """A state dict whose telling keys hold a single zero each."""
    return lambda: saved({key: torch.zeros(1) for key in keys})


TELLING = {
    "rosinality": ("conv1.conv.weight", "convs.0.conv.modulation.weight", "to_rgbs.0.conv.weight", "style.1.weight",
                   "input.input", "to_rgb1.conv.weight"),
    "genforce_stylegan2": ("synthesis.early_layer.const", "synthesis.layer0.noise_strength", "mapping.dense0.weight"),
    "genforce_stylegan": ("synthesis.layer0.const", "synthesis.layer0.apply_noise.noise",
                          "synthesis.layer1.style.weight"),
    "genforce_progan": ("layer0.weight", "output0.weight", "lod", "layer1.weight"),
    "gandissect": ("layer1.conv.weight", "layer1.wscale.b", "output_8x8.conv.weight"),
    "huggingface": ("embeddings.weight", "generator.gen_z.weight_orig", "generator.bn.running_means"),
    "ajbrock": ("blocks.0.0.conv1.weight", "blocks.0.0.conv1.u0", "output_layer.0.gain", "linear.weight",
                "shared.weight"),
    "dcgan": ("main.0.weight", "main.1.weight", "main.3.weight"),
}
for _name, _keys in TELLING.items():
    _add(f"hollow_{_name}", _hollow(*_keys))
    _add(f"hollow_averaged_{_name}", lambda keys=_keys: saved({
        name: {key: torch.zeros(1) for key in keys} for name in ("g_ema", "generator_smooth", "avgG", "state_dict")}))
_add("texts_for_tensors", lambda: saved({"g_ema": dict.fromkeys(TELLING["rosinality"], "x")}))
_add("another_network",
     lambda: saved({"layer1.0.conv1.weight": torch.zeros(4, 4, 3, 3), "fc.weight": torch.zeros(2, 4)}))
