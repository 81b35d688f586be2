import shutil
from pathlib import Path

import pytest

from chaos.mutants import MUTANTS, Mutant, NotFoundError
from chaos.mutate import chosen, hunt, turn_of_this_commit
from chaos.system import ROOT

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_finds_its_place_and_is_python(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / mutant.file
    copy.parent.mkdir(parents=True)
    shutil.copy(ROOT / mutant.file, copy)

    mutant.apply(tmp_path)

    compile(copy.read_text(encoding="utf-8"), mutant.file, "exec")
    assert copy.read_text(encoding="utf-8") != (ROOT / mutant.file).read_text(encoding="utf-8")


def test_a_mutant_whose_text_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "product.py").write_text("something = 1\n", encoding="utf-8")
    mutant = Mutant(name="old", file="product.py", find="anything", put="nothing")

    with pytest.raises(NotFoundError, match="the text 0 times"):
        mutant.apply(tmp_path)


def test_there_are_enough_mutants_and_each_has_its_turn() -> None:
    turns = {mutant.name for turn in range(len(MUTANTS)) for mutant in chosen(turn)}

    assert len(MUTANTS) >= 12
    assert turns == {mutant.name for mutant in MUTANTS}


@pytest.mark.parametrize("place", [0, 1])
def test_a_bug_whose_turn_it_is_does_not_go_unnoticed(place: int) -> None:
    sure = [mutant for mutant in MUTANTS if mutant.is_sure]

    mutant = chosen(turn_of_this_commit(), among=sure)[place]
    caught = hunt(mutant)

    assert caught.by, f"nobody noticed: {mutant.name}"
