"""A recipe is read whole, and every mistake in it is one sentence that names the place."""

from pathlib import Path

import pytest

from ganstudio.training.families import family_of
from ganstudio.training.recipe import RecipeError, read_recipe, recipe_from

GOOD = {"data": {"world": "landscape"}, "model": {"resolution": 16, "channels": [8, 8, 8]}}


def test_what_is_not_said_takes_the_default_and_numbers_may_be_whole() -> None:
    recipe = recipe_from({**GOOD, "seed": 5, "train": {"kimg": 20}})
    assert (recipe.seed, recipe.train.kimg, recipe.train.batch) == (5, 20.0, 16)
    assert family_of(recipe.model).build(recipe.model, 0).resolution == 16


def test_a_recipe_survives_being_written_into_a_resume_file_as_plain_values() -> None:
    recipe = recipe_from(GOOD)
    assert recipe_from(recipe.as_dict()) == recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trian": {}}, "no setting called 'trian'"),
        ({"train": {"batchsize": 4}}, "section [train] has no setting called 'batchsize'"),
        ({"train": {"batch": "many"}}, "'batch' in the section [train] must be a whole number"),
        ({"train": {"batch": 0}}, "'batch' must be above 0"),
        ({"train": {"mixing": 1.5}}, "'mixing' must lie between 0 and 1"),
        ({"train": {"precision": "fp8"}}, "'precision' must be one of"),
        ({"train": {"r1_gamma": -1}}, "'r1_gamma' must be 0 or more"),
        ({"model": {"resolution": 64, "channels": [8, 8]}}, "2 channel widths make 8 px, not 64"),
        ({"model": {"channels": [8.5, 8]}}, "must be a list of whole numbers"),
        ({"data": {}}, "must name either a world or a folder"),
        ({"data": {"world": "moon"}}, "no world called 'moon'"),
        ({"data": {"world": "landscape", "width": 2}}, "'width' must lie between 0 and 1"),
        ({"watch": {"save_every": 0}}, "'save_every' must be above 0 seconds"),
        ({"seed": -1}, "'seed' must be 0 or more"),
    ],
)
def test_a_mistake_is_one_sentence(change: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError) as error:
        recipe_from({**GOOD, **change})
    message = str(error.value)
    assert said in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_that_is_no_recipe_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("kimg = = 3")
    for path in (broken, tmp_path / "missing.toml"):
        with pytest.raises(RecipeError, match=path.name):
            read_recipe(path)


def test_paths_in_a_recipe_start_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    path = tmp_path / "mine.toml"
    path.write_text('[data]\nfolder = "photos"\n[model]\nresolution = 8\nchannels = [8, 8]\n')
    assert read_recipe(path).data.folder == str(tmp_path / "photos")


def test_the_recipes_that_made_the_built_in_models_are_valid() -> None:
    recipes = sorted((Path(__file__).parents[2] / "resources/models").glob("*.toml"))
    assert recipes
    for path in recipes:
        assert read_recipe(path).data.world == "landscape"
