"""Solids of the twin: closed, facing outwards, of the right size."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.messages.geometry import Region
from twin_app.scene.lines import box_segments, path_segments, ring_segments
from twin_app.scene.solids import Solid, box, capsule, cylinder

SOLIDS = {
    "box": (box((0.2, 0.3, 0.4)), (0.2, 0.3, 0.4)),
    "cylinder": (cylinder((0.2, 0.2, 0.5)), (0.2, 0.2, 0.5)),
    "capsule": (capsule((0.0, 0.0, -0.2), (0.0, 0.0, 0.2), 0.1), (0.2, 0.2, 0.6)),
    "ball": (capsule((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1), (0.2, 0.2, 0.2)),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_a_solid_has_its_size_and_faces_outwards_with_unit_normals(name: str) -> None:
    solid: Solid = SOLIDS[name][0]
    corners = solid.vertices[solid.triangles].astype(float)
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", facing, corners.mean(axis=1)) > -1e-12).all()
    assert np.allclose(np.linalg.norm(solid.normals, axis=1), 1.0, atol=1e-5)
    assert np.allclose(np.ptp(solid.vertices, axis=0), SOLIDS[name][1], rtol=0.05)


def test_a_region_has_twelve_edges_of_its_lengths() -> None:
    segments = box_segments(Region((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))).reshape(-1, 2, 3)
    lengths = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1)
    assert sorted(lengths.round(6)) == [1.0] * 4 + [2.0] * 4 + [3.0] * 4


def test_a_path_joins_its_points_and_a_single_point_is_none() -> None:
    points = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    assert path_segments(points).tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert len(path_segments(points[:1])) == 0
    assert len(ring_segments(points[0], radius_m=1.0, sides=8)) == 16
