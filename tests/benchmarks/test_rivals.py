"""Which rival a method is compared with, and that the comparison is paired."""

from benchmarks.rivals import rival_of, rival_tables


def cell(spec, case, calls, right, flaws=5.0):
    return {
        "split": "reported",
        "case": case,
        "family": "counting",
        "prompt": f"prompt {case}",
        "images": 2,
        "sampling": "euler/simple/20",
        "spec": spec,
        "name": spec.partition(":")[0],
        "options": {"spec": spec},
        "verified": [right, right],
        "flaws": [flaws, flaws],
        "cost": {"nfe": 2 * calls, "seconds": 0.01 * calls},
    }


def cells():
    found = []
    for case in range(4):
        found += [
            cell("plain", case, 40, case == 0),
            cell("plain:longer=2", case, 80, False),
            cell("best-of:n=2", case, 80, case < 2),
            cell("best-of:n=4", case, 160, True),
            cell("lidar", case, 39, case < 2, flaws=4.0),
            cell("lidar:keep_of=2", case, 60, case < 3),
            cell("universal:tuned", case, 500, True),
        ]
    return found


def test_the_rival_costs_at_least_as_much_and_is_the_better_of_equal_ones():
    group = {}
    for row in cells():
        group.setdefault(row["spec"], []).append(row)
    assert rival_of(group, "lidar", "nfe") == "plain"
    assert rival_of(group, "lidar:keep_of=2", "nfe") == "best-of:n=2"
    assert rival_of(group, "lidar:keep_of=2", "seconds") == "best-of:n=2"
    assert rival_of(group, "universal:tuned", "nfe") is None


def test_the_tables_pair_each_method_with_its_rival():
    lines = rival_tables(cells()).splitlines()
    assert "### euler/simple/20, split reported, at equal model calls" in lines
    assert "### euler/simple/20, split reported, at equal seconds" in lines
    (row,) = [line for line in lines if line.startswith("| lidar | 39 |")]
    # One prompt in four differs, by 100. The bootstrap draws it between zero and three times.
    assert row == "| lidar | 39 | plain | 40 | +0 to +75 | -1.0 to -1.0 |"
    assert "| universal:tuned | 500 | none | | | |" in lines
