"""Variants of the learned policy: the same answers from ONNX Runtime, fewer channels, and files that are refused."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import torch

from plugins.flow_vla import model as models
from plugins.flow_vla.edge.compressing import Compression
from plugins.flow_vla.edge.imitation import EyePlan, imitate_eyes, straighten
from plugins.flow_vla.edge.pruning import LANES, channels_of, prune, size_of
from plugins.flow_vla.edge.quantising import quantise
from plugins.flow_vla.edge.recipe import CompressionRecipe, read_recipe
from plugins.flow_vla.engine import Engine, Noise, Seen, TorchEngine
from plugins.flow_vla.exporting import export_eyes, export_head
from plugins.flow_vla.flow import ACTION
from plugins.flow_vla.graphs import CAMERAS, load_graphs
from plugins.flow_vla.model import CARD, Build, FlowVla, ModelRefused, load_card, load_model, save_model
from plugins.flow_vla.onnx_engine import OnnxEngine
from plugins.flow_vla.policy import MODEL
from plugins.flow_vla.ready import load_ready, ready
from plugins.flow_vla.training.collecting import make_shard
from plugins.flow_vla.training.shards import Shards
from plugins.flow_vla.turns import frame_of
from runtime.mistakes import UserMistake
from sim_worlds.scenes import load_scene
from sim_worlds.stills import StillRecipe
from twin_app.assembly.practice.workshop import PolicyWorkshop

RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 256, (128, 128, 3), dtype=np.uint8)
ASKED = RANDOM.random(13, dtype=np.float32)
CONDITION = RANDOM.standard_normal(52).astype(np.float32)
NOISE = Noise().next()


@pytest.fixture(scope="module")
def base() -> FlowVla:
    return load_model(MODEL)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The variant that is the same networks in ONNX Runtime."""
    workshop = PolicyWorkshop(tmp_path_factory.mktemp("edge"), "flow_vla", "tray", 1, listen=lambda *_: None)
    return Compression(CompressionRecipe(), workshop, MODEL).make("onnx")


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("stills")
    make_shard(folder / "stills-00300000.npz", StillRecipe(), 300_000, 4)
    return Shards(folder, load_scene("tray").description)


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "model"))


def look(engine: Engine, camera: str) -> tuple[Seen, np.ndarray]:
    seen = engine.see(camera, PICTURE, ASKED)
    return seen, engine.turn(camera, frame_of((50.0, 60.0), 20.0))


def spoil(folder: Path, name: str, change: Callable[[onnx.ModelProto], object]) -> Path:
    """Change a graph, and the card with it."""
    file = folder / f"{name}.onnx"
    graph = onnx.load_model(str(file))
    change(graph)
    file.write_bytes(graph.SerializeToString())
    card = json.loads((folder / CARD).read_text())
    card["graphs"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(card))
    return folder


def test_onnx_runtime_answers_as_torch_does(base: FlowVla, exported: Path) -> None:
    one, other = ready(base), load_ready(exported)
    for camera in CAMERAS:
        (wanted, wanted_turns), (found, found_turns) = look(one.engine, camera), look(other.engine, camera)
        for name in ("heat", "kinds", "offset", "height", "room"):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found_turns, wanted_turns, atol=1e-4)
    (wanted_chunks, wanted_end), (chunks, end) = (ready_one.engine.draw(CONDITION, NOISE) for ready_one in (one, other))
    np.testing.assert_allclose(chunks, wanted_chunks, atol=1e-4)
    assert end == pytest.approx(wanted_end, abs=1e-4)
    assert other.strangeness(CONDITION) == pytest.approx(one.strangeness(CONDITION))
    assert other.reader.read("put the red cube in the left tote").colour == "red"


def test_a_variant_that_was_damaged_is_made_anew(base: FlowVla, tmp_path: Path) -> None:
    del base
    workshop = PolicyWorkshop(tmp_path, "flow_vla", "tray", 1, listen=lambda *_: None)
    folder = Compression(CompressionRecipe(), workshop, MODEL).make("onnx")
    (folder / "act.onnx").write_bytes(b"cut")
    assert Compression(CompressionRecipe(), workshop, MODEL).make("onnx") == folder
    load_ready(folder)


def test_onnx_runtime_does_not_report_home(exported: Path) -> None:
    load_ready(exported)
    opened = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.lexists(entry.path)]
    assert [name for name in opened if ".onnxruntime" in name] == []


def test_a_straight_head_draws_in_the_steps_it_was_made_for(base: FlowVla) -> None:
    conditions = torch.from_numpy(RANDOM.standard_normal((64, 52)).astype(np.float32))
    head = straighten(base.head, conditions, steps=1, batches=3, seed=0)
    assert any(not torch.equal(a, b) for a, b in zip(head.parameters(), base.head.parameters(), strict=True))
    graphs = export_eyes(base.grounding) | export_head(head, steps=1)
    wanted, _ = TorchEngine(base.grounding, head, steps=1).draw(CONDITION, NOISE)
    found, _ = OnnxEngine(graphs).draw(CONDITION, NOISE)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert found.shape == (8, ACTION)


def test_a_straight_head_comes_nearer_to_what_five_steps_drew(base: FlowVla) -> None:
    conditions = torch.from_numpy(RANDOM.standard_normal((64, 52)).astype(np.float32))
    losses: list[float] = []
    straighten(
        base.head,
        conditions,
        steps=1,
        batches=60,
        seed=0,
        progress=lambda *told: losses.append(told[2]["straightening"]),
    )
    assert losses[-1] < 0.5 * losses[0]


def test_a_pruned_eye_is_smaller_and_still_sees(base: FlowVla, stills: Shards) -> None:
    pupil = copy.deepcopy(base.grounding)
    for camera in CAMERAS:
        prune(getattr(pupil, camera), share=0.5)
        assert size_of(getattr(pupil, camera)) < 0.4 * size_of(getattr(base.grounding, camera))
    counts = [len(channels.importance()) for channels in channels_of(pupil.overhead)]
    assert all(count % LANES == 0 for count in counts)
    before = copy.deepcopy(pupil.state_dict())
    imitate_eyes(pupil.train(), base.grounding, stills, EyePlan(epochs=1, seed=0))
    assert not torch.equal(before["wrist.looks.weight"], pupil.wrist.looks.weight)
    seen, turns = look(OnnxEngine(export_eyes(pupil.eval()) | export_head(base.head, steps=5)), "wrist")
    assert seen.heat.shape == (1025,)
    assert turns.sum() == pytest.approx(1.0, abs=1e-4)


def test_pruning_nothing_changes_nothing(base: FlowVla) -> None:
    pupil = copy.deepcopy(base.grounding)
    prune(pupil.overhead, share=1.0)
    picture = torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        wanted, found = base.grounding.overhead(picture), pupil.overhead(picture)
    assert all(torch.equal(found[name], value) for name, value in wanted.items())


def test_eight_bits_are_smaller_and_see_the_same(base: FlowVla, stills: Shards) -> None:
    plain = export_eyes(base.grounding) | export_head(base.head, steps=5)
    quantised = quantise(plain, stills)
    assert quantised["act"] == plain["act"]
    assert len(quantised["see_overhead"]) < 0.4 * len(plain["see_overhead"])
    image = (
        (255.0 * stills.batch(np.array([0]), "overhead").pictures[0].permute(1, 2, 0).numpy()).round().astype(np.uint8)
    )
    wanted = OnnxEngine(plain).see("overhead", image, ASKED).height
    found = OnnxEngine(quantised).see("overhead", image, ASKED).height
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.98


def test_a_graph_that_was_changed_has_another_hash(folder: Path) -> None:
    (folder / "act.onnx").write_bytes((folder / "act.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match=r"act.onnx: sha256"):
        load_ready(folder)


def test_a_graph_that_is_gone_is_named(folder: Path) -> None:
    (folder / "see_wrist.onnx").unlink()
    with pytest.raises(ModelRefused, match=r"see_wrist.onnx: No such file"):
        load_ready(folder)


def test_a_graph_that_is_too_large_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = load_card(folder)
    monkeypatch.setattr(models, "BYTES_MAX", 1000)
    with pytest.raises(ModelRefused, match="bytes, at most 1000"):
        load_graphs(folder, card)


def test_what_is_no_graph_is_refused(folder: Path) -> None:
    (folder / "act.onnx").write_bytes(b"\x80\x04K\x01.")
    card = load_card(folder)
    digest = hashlib.sha256((folder / "act.onnx").read_bytes()).hexdigest()
    with pytest.raises(ModelRefused, match="no ONNX file"):
        load_graphs(folder, msgspec.structs.replace(card, graphs={**card.graphs, "act": digest}))


@pytest.mark.parametrize("name", ["../../secret", "extra"])
def test_a_card_cannot_name_another_file(folder: Path, name: str) -> None:
    card = load_card(folder)
    with pytest.raises(ModelRefused, match="is not known"):
        load_graphs(folder, msgspec.structs.replace(card, graphs={**card.graphs, name: "0"}))


def test_a_card_that_lacks_a_graph_is_refused(folder: Path) -> None:
    with pytest.raises(ModelRefused, match="'act' is missing"):
        load_graphs(folder, msgspec.structs.replace(load_card(folder), graphs={}))


def test_somebodys_own_operator_is_refused(folder: Path) -> None:
    def change(graph: onnx.ModelProto) -> None:
        graph.graph.node[0].domain = "com.example"

    with pytest.raises(ModelRefused, match=r"operators of 'com.example'"):
        load_ready(spoil(folder, "act", change))


def test_numbers_in_another_file_are_refused(folder: Path) -> None:
    def change(graph: onnx.ModelProto) -> None:
        tensor = graph.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../secret")

    with pytest.raises(ModelRefused, match="lie in another file"):
        load_ready(spoil(folder, "act", change))


def test_numbers_that_are_not_finite_are_refused(folder: Path) -> None:
    def change(graph: onnx.ModelProto) -> None:
        tensor = next(one for one in graph.graph.initializer if one.data_type == onnx.TensorProto.FLOAT)
        tensor.raw_data = np.full(list(tensor.dims), np.nan, np.float32).tobytes()

    with pytest.raises(ModelRefused, match="not finite"):
        load_ready(spoil(folder, "act", change))


def test_other_outputs_than_the_seam_has_are_refused(folder: Path) -> None:
    def change(graph: onnx.ModelProto) -> None:
        del graph.graph.output[1]

    with pytest.raises(ModelRefused, match="outputs are chunks, must be chunks, finished"):
        load_ready(spoil(folder, "act", change))


def test_an_unknown_engine_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "engine": "abacus"}))
    with pytest.raises(ModelRefused, match="engine is 'abacus'"):
        load_ready(folder)


def test_a_variant_is_nothing_to_train_on(folder: Path) -> None:
    with pytest.raises(ModelRefused, match="engine is 'onnxruntime'"):
        load_model(folder)


def test_a_configuration_may_not_learn_from_seeds_that_are_for_judging(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[straightening]\nfirst_seed = 500000\n")
    with pytest.raises(UserMistake, match="straightening.first_seed = 500000"):
        read_recipe(file)
    file.write_text("[quantising]\nfirst_seed = 500000\n")
    with pytest.raises(UserMistake, match="quantising.first_seed"):
        read_recipe(file)


def test_weights_from_a_training_are_computed_by_onnx_runtime_and_eager_ones_by_torch(tmp_path: Path) -> None:
    assert isinstance(load_ready(MODEL).engine, OnnxEngine)
    workshop = PolicyWorkshop(tmp_path, "flow_vla", "tray", 1, listen=lambda *_: None)
    assert isinstance(load_ready(Compression(CompressionRecipe(), workshop, MODEL).make("eager")).engine, TorchEngine)


@pytest.mark.parametrize("build", [Build(regression=True), Build(grounded=False)])
def test_what_is_built_otherwise_to_compare_with_is_computed_by_torch(build: Build, tmp_path: Path) -> None:
    save_model(FlowVla(build), tmp_path, version="0.0.1", facts={})
    assert isinstance(load_ready(tmp_path).engine, TorchEngine)
