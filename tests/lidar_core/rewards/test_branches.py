"""Branches in one row against each branch alone, through a causal attention layer."""

import torch

from lidar_core.rewards.branches import Branches

# A beginning, two texts that continue it, an empty text, and texts that continue those.
TREE = Branches([4, 3, 2, 0, 1, 2], [None, 0, 0, 1, 1, 3])


def branch(place):
    """The places from the beginning to `place`."""
    parent = TREE.parents[place]
    return [] if parent is None and place else [*(branch(parent) if parent is not None else []), place]


def tokens_of(places):
    return [TREE.starts[place] + at for place in places for at in range(TREE.lengths[place])]


def test_a_token_sees_what_it_would_see_in_its_own_branch():
    sees = TREE.sees()
    for place in range(len(TREE.lengths)):
        own = tokens_of(branch(place))
        for at, token in enumerate(own):
            if token in tokens_of([place]):
                assert sees[token].nonzero().flatten().tolist() == sorted(own[: at + 1])


def test_depths_are_the_places_in_the_branch():
    depths = TREE.depths()
    for place in range(len(TREE.lengths)):
        own = tokens_of(branch(place))
        assert depths[own].tolist() == list(range(len(own)))


def test_reads_begin_with_the_token_before_the_text():
    for place in range(1, len(TREE.lengths)):
        own = tokens_of(branch(place))
        assert TREE.reads(place) == own[len(own) - TREE.lengths[place] - 1 :]
    assert TREE.reads(0) == [0, 1, 2, 3]


def test_attention_gives_each_branch_what_it_gets_alone():
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(12, 8, generator=generator)
    places = torch.randn(12, 8, generator=generator)

    def attended(rows, sees, depths):
        queries = rows + places[depths]
        weights = (queries @ queries.T).masked_fill(~sees, -torch.inf).softmax(1)
        return weights @ rows

    together = attended(tokens, TREE.sees(), TREE.depths())
    for place in range(len(TREE.lengths)):
        own = tokens_of(branch(place))
        causal = torch.ones(len(own), len(own)).tril().bool()
        alone = attended(tokens[own], causal, torch.arange(len(own)))
        torch.testing.assert_close(together[own], alone)
