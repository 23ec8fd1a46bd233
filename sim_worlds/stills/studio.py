"""Takes stills of one scene: draws a cell state from a seed, pictures it without any physics, and labels it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from runtime.messages.camera import Frame
from runtime.messages.geometry import Pose
from runtime.ports import CameraView, Image, Picture
from sim_worlds.cameras import describe_meshes, lighting_of
from sim_worlds.cameras.cell_drawing import draw_arm, draw_cell
from sim_worlds.cameras.drawing import Drawing
from sim_worlds.cameras.egl_renderer import EglRenderer
from sim_worlds.cameras.eye import Eye
from sim_worlds.cameras.frames import Matrix
from sim_worlds.cameras.mounting import MountedCamera, mount
from sim_worlds.cameras.sensor import NoiseBank
from sim_worlds.poses import matrix_of, pose_of
from sim_worlds.scenes import PlacedPart, Scene, load_scene
from sim_worlds.stills.hand import Poser, Posture, with_part_in_hand
from sim_worlds.stills.labels import sight_of
from sim_worlds.stills.layout import Lying, lay_out
from sim_worlds.stills.recipe import StillRecipe
from sim_worlds.stills.still import TRAY, PartLabel, Sight, Still
from sim_worlds.variation import VariedScene, vary
from sim_worlds.variation.flaws import FLAWLESS
from sim_worlds.variation.foreign_objects import place_loose

NOWHERE = (np.nan,) * 7
"""Row of poses of a part that is not drawn."""


@dataclass(frozen=True, slots=True)
class _State:
    """One cell at rest."""

    varied: VariedScene
    posture: Posture
    lying: list[Lying]
    loose: tuple[Pose, ...]


class Studio:
    """One EGL context for many stills. Belongs to the thread that made it; `close` frees it.

    Raises `SceneError` for an unusable scene and `EglUnavailable` where no OpenGL is.
    """

    def __init__(self, recipe: StillRecipe) -> None:
        self._recipe = recipe
        self._scene = _with_meshes(load_scene(recipe.scene))
        cell = self._scene.description
        self._arm = draw_arm(cell.robot)
        self._poser = Poser(cell)
        self._drawn: tuple[object, ...] = ()
        random = np.random.default_rng(0x9E3779B1)
        self._banks = [NoiseBank(width_px=c.width_px, height_px=c.height_px, random=random) for c in cell.cameras]
        plain = vary(self._scene, variations=(), seed=0)
        self._drawing = self._draw(plain)
        self._renderer = EglRenderer(self._drawing, lighting=lighting_of(self._scene.light), cameras=cell.cameras)

    def take(self, seed: int) -> Still:
        """The still of this seed, whatever was taken before."""
        varied = vary(self._scene, variations=self._recipe.variations_of(seed), seed=seed)
        state = self._state(varied, seed)
        mounted = mount(
            self._scene.description.cameras, mismatch=self._recipe.mismatch, seed=seed, shifts=varied.shifts
        )
        flange_in_base = self._poser.flange_in_base(state.posture)
        places = {one.camera.name: _parent(one, flange_in_base) @ one.camera_in_parent for one in mounted}
        eyes = self._eyes(varied, seed)
        images = self._picture(state, places)
        return Still(
            seed=seed,
            views={
                one.camera.name: self._view(one, eyes[one.camera.name].expose(images[one.camera.name]), flange_in_base)
                for one in mounted
            },
            q_rad=state.posture.q_rad,
            gripper_in_base=state.posture.gripper_in_base,
            gripper_width_m=state.posture.width_m,
            occasion=state.posture.occasion,
            gripped="" if state.posture.gripped is None else self._scene.description.parts[state.posture.gripped].name,
            parts=self._labels(state, places, eyes),
            camera_in_base={name: pose_of(place) for name, place in places.items()},
            variations=varied.variations,
        )

    def close(self) -> None:
        """Free the context."""
        self._renderer.close()

    def _state(self, varied: VariedScene, seed: int) -> _State:
        """Drawn from the seed alone: the variations change sizes, not what happens."""
        random = np.random.default_rng((0x517CC1B7, seed & 0xFFFFFFFFFFFFFFFF))
        parts = varied.scene.description.parts
        lying = lay_out(varied.scene, random)
        on_tray = [
            PlacedPart(part.name, one.part_in_base)
            for part, one in zip(parts, lying, strict=True)
            if one.place == TRAY and one.part_in_base is not None
        ]
        loose = place_loose(varied.clutter.loose, scene=varied.scene, parts=on_tray, seed=(seed, 0))
        discs = [
            (*pose.position_m[:2], thing.radius_m) for pose, thing in zip(loose, varied.clutter.loose, strict=True)
        ]
        posture = self._poser.draw(parts, lying, in_the_way=discs, random=random)
        return _State(varied, posture, with_part_in_hand(parts, lying, posture, random), loose)

    def _draw(self, varied: VariedScene) -> Drawing:
        """The drawing of this cell; the same one as before when nothing of it has changed."""
        key = (varied.scene.description.parts, varied.look, varied.clutter)
        if key != self._drawn:
            cell = varied.scene.description
            self._drawing = draw_cell(cell, look=varied.look, clutter=varied.clutter, arm=self._arm)
            self._drawn = key
        return self._drawing

    def _picture(self, state: _State, places: Mapping[str, Matrix]) -> dict[str, Image]:
        renderer, cameras = self._renderer, self._scene.description.cameras
        renderer.redraw(self._draw(state.varied), lighting=lighting_of(state.varied.scene.light))
        rows = [_row(pose) for pose in (*(one.part_in_base for one in state.lying), *state.loose)]
        renderer.place(np.concatenate([self._poser.frames(state.posture), np.array(rows).reshape(-1, 7)]))
        for camera in cameras:
            renderer.begin(camera, camera_in_base=places[camera.name])
        renderer.begun()
        renderer.settle()
        return {camera.name: renderer.finish(camera) for camera in cameras}

    def _eyes(self, varied: VariedScene, seed: int) -> dict[str, Eye]:
        noise = varied.scene.light.noise
        return {
            camera.name: Eye(
                camera,
                noise=noise,
                seed=(seed * 97 + index) & 0xFFFFFFFFFFFFFFFF,
                flaws=varied.flaws.get(camera.name, FLAWLESS),
                bank=bank,
            )
            for index, (camera, bank) in enumerate(zip(self._scene.description.cameras, self._banks, strict=True))
        }

    def _view(self, mounted: MountedCamera, image: Image, flange_in_base: Matrix) -> CameraView:
        """As an observation has it: the camera where the drawing says."""
        camera = mounted.camera
        frame = Frame(camera.name, 1, 0, camera.width_px, camera.height_px, self._renderer.name)
        nominal = camera.camera_in_parent
        if camera.on_flange:
            nominal = pose_of(flange_in_base @ matrix_of(nominal))
        return CameraView(Picture(frame, image), camera, nominal)

    def _labels(self, state: _State, places: Mapping[str, Matrix], eyes: Mapping[str, Eye]) -> tuple[PartLabel, ...]:
        cameras = self._scene.description.cameras
        shown = {one.name: self._renderer.identify(one, camera_in_base=places[one.name]) for one in cameras}
        for name, eye in eyes.items():
            if eye.hidden is not None:
                shown[name][eye.hidden] = 0
        labels: list[PartLabel] = []
        for index, (part, one) in enumerate(zip(state.varied.scene.description.parts, state.lying, strict=True)):
            sights: dict[str, Sight] = {}
            for camera in cameras:
                if one.part_in_base is not None:
                    sights[camera.name] = sight_of(
                        part,
                        one.part_in_base,
                        body=1 + self._drawing.links + index,
                        camera=camera,
                        camera_in_base=places[camera.name],
                        identities=shown[camera.name],
                    )
            labels.append(PartLabel(part.name, one.place, one.part_in_base, part.size_m, sights))
        return tuple(labels)


def _with_meshes(scene: Scene) -> Scene:
    robot = scene.description.robot
    robot = msgspec.structs.replace(robot, meshes=describe_meshes(robot))
    return replace(scene, description=msgspec.structs.replace(scene.description, robot=robot))


def _parent(mounted: MountedCamera, flange_in_base: Matrix) -> Matrix:
    return flange_in_base if mounted.camera.on_flange else np.eye(4)


def _row(pose: Pose | None) -> tuple[float, ...]:
    return NOWHERE if pose is None else (*pose.position_m, *pose.orientation_xyzw)
