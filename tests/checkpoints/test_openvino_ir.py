"""OpenVINO graphs are read as data: a network comes back as it was written; anything else is one sentence."""

from __future__ import annotations

import pytest
import torch

from ganstudio.checkpoints import openvino_ir
from ganstudio.checkpoints.mobilestylegan_ir import mobilestylegan_from_ir
from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.openvino_ir import Graph, read_ir
from ganstudio.generators.mobilestylegan import MobileStyleGAN, MobileStyleGANConfig
from tests.checkpoints.ir_files import IrWriter, SynthesisWriter, mapping_ir

BOMB = b"""<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<net><layers><layer id="&c;"/></layers></net>"""
OUTSIDE = (b'<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
           b'<net><layers><layer id="0" name="&x;"/></layers></net>')


def graph(ir: IrWriter, title: str = "net.xml") -> Graph:
    """What the program reads of what a test wrote."""
    return read_ir(ir.xml, ir.weights, title)


def one_constant(**data: str) -> Graph:
    """A graph of one constant of 16 bytes, some of whose data are as given."""
    ir = IrWriter()
    ir.constant(torch.arange(4.0).reshape(2, 2), "c")
    layer = ir.layers[0].find("data")
    layer.attrib.update(data)
    return graph(ir)


@pytest.fixture
def generator():
    made = MobileStyleGAN(MobileStyleGANConfig((8, 8, 4), z_dim=6, w_dim=10, mapping_layers=2)).requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if name.endswith(("noise_const", "bias")):
            tensor.normal_(std=0.3)
    return made


def test_a_whole_network_comes_back(generator):
    read = mobilestylegan_from_ir(graph(mapping_ir(generator)), graph(SynthesisWriter(generator).ir))
    assert read.config == generator.config
    z = torch.randn(2, 6)
    torch.testing.assert_close(read.map(z), generator.map(z))
    ws = torch.randn(2, generator.num_ws, 10)
    torch.testing.assert_close(read.synthesize(ws), generator.synthesize(ws))
    assert read.w_avg.abs().sum() > 0
    assert not any(p.requires_grad for p in read.parameters())


def test_a_variant_with_another_slope_is_refused(generator):
    with pytest.raises(ModelError, match="variant"):
        mobilestylegan_from_ir(graph(mapping_ir(generator, slope=0.1)), graph(SynthesisWriter(generator).ir))


def test_another_network_is_refused(generator):
    other = IrWriter()
    other.add("Result", other.add("Parameter"))
    good = graph(SynthesisWriter(generator).ir)
    with pytest.raises(ModelError, match="another network"):
        mobilestylegan_from_ir(graph(other), good)
    with pytest.raises(ModelError, match="instead of one"):
        mobilestylegan_from_ir(graph(mapping_ir(generator)), graph(other))


def test_parts_of_two_networks_do_not_fit(generator):
    wide = MobileStyleGAN(MobileStyleGANConfig((8, 8, 4), z_dim=6, w_dim=12, mapping_layers=2))
    with pytest.raises(ModelError, match="do not fit"):
        mobilestylegan_from_ir(graph(mapping_ir(wide)), graph(SynthesisWriter(generator).ir))


def test_a_chain_that_never_ends_is_refused():
    ir = IrWriter()
    first = ir.add("Add", "1", name="start")
    ir.add("Add", first)
    with pytest.raises(ModelError, match="no single successor"):
        graph(ir).chain(graph(ir).named("start"), {"Result"})


def test_a_constant_has_its_values():
    read = one_constant()
    assert read.constant(read.named("c")).tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(("data", "sentence"), [
    ({"offset": "4"}, "cut short"),
    ({"offset": "-4"}, "cut short"),
    ({"offset": "99999999999999999999"}, "cut short"),
    ({"offset": "x"}, "does not say"),
    ({"size": "8"}, "does not fit its shape"),
    ({"shape": "2, 3"}, "does not fit its shape"),
    ({"shape": "-2, -2"}, "does not fit its shape"),
    ({"shape": "999999, 999999", "size": "3999992000004"}, "cut short"),
    ({"element_type": "i64"}, "no plain numbers"),
])
def test_a_constant_that_lies_about_itself_is_refused(data, sentence):
    read = one_constant(**data)
    with pytest.raises(ModelError, match=sentence):
        read.constant(read.named("c"))


@pytest.mark.parametrize("missing", ["offset", "size", "shape"])
def test_a_constant_without_a_place_is_refused(missing):
    ir = IrWriter()
    ir.constant(torch.ones(1), "c")
    del ir.layers[0].find("data").attrib[missing]
    with pytest.raises(ModelError, match="does not say"):
        graph(ir).constant(graph(ir).named("c"))


def test_a_kernel_of_the_wrong_rank_is_refused(generator):
    writer = SynthesisWriter(generator)
    for layer in writer.ir.layers:
        if layer.get("type") == "Const" and layer.find("data").get("shape") == "8, 2, 1, 1":
            layer.find("data").set("shape", "8, 2")
    with pytest.raises(ModelError, match="do not fit"):
        mobilestylegan_from_ir(graph(mapping_ir(generator)), graph(writer.ir))


def test_weights_cut_short_are_refused(generator):
    ir = SynthesisWriter(generator).ir
    ir.weights = ir.weights[:-1]
    with pytest.raises(ModelError, match="cut short"):
        mobilestylegan_from_ir(graph(mapping_ir(generator)), graph(ir))


@pytest.mark.parametrize("xml", [BOMB, OUTSIDE], ids=["entity bomb", "outside entity"])
def test_declarations_are_refused_before_they_count(xml):
    with pytest.raises(ModelError, match="declares a document type"):
        read_ir(xml, b"", "net.xml")


@pytest.mark.parametrize("xml", [b"", b"no xml", b"<net><layers>", b"\x00\xff" * 50, b"<net/>", b"<a>&b;</a>"])
def test_what_is_no_graph_is_refused(xml):
    with pytest.raises(ModelError, match=r"“net\.xml”"):
        read_ir(xml, b"", "net.xml")


@pytest.mark.parametrize("edge", [b'<edge from-layer="0" to-layer="9" to-port="0"/>', b'<edge from-layer="0"/>',
                                  b'<edge from-layer="0" to-layer="0" to-port="x"/>'])
def test_edges_that_lead_nowhere_are_refused(edge):
    with pytest.raises(ModelError, match=r"“net\.xml”"):
        read_ir(b'<net><layers><layer id="0"/></layers><edges>' + edge + b"</edges></net>", b"", "net.xml")


def test_a_graph_too_big_to_be_one_is_refused(monkeypatch):
    monkeypatch.setattr(openvino_ir, "MAX_XML", 10)
    with pytest.raises(ModelError, match="too big"):
        read_ir(b"<net>        </net>", b"", "net.xml")
