import torch

from lidar_core.pools.seeds import sample_seeds


def test_seeds_are_distinct_in_the_bits_that_torch_reads():
    seeds = sample_seeds(0, 200_000)
    assert len(set(seeds)) == 200_000
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_seeds_do_not_depend_on_how_many_are_drawn():
    assert sample_seeds(7, 100)[:10] == sample_seeds(7, 10)


def test_large_and_neighbouring_seeds_give_other_samples():
    assert not set(sample_seeds(2**64 - 1, 50)) & set(sample_seeds(2**64 - 2, 50))
    noises = [torch.randn(8, generator=torch.Generator().manual_seed(seed)) for seed in sample_seeds(3, 20)]
    assert len({tuple(noise.tolist()) for noise in noises}) == 20
