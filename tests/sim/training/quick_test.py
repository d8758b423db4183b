"""reproduce --quick shows the direction of the paper's result.   quick_test.py DELTASIM_TRAIN"""
import json
import pathlib
import subprocess
import sys
import tempfile


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "reproduce", "--quick", "-o", folder], check=True)
        report = json.loads((pathlib.Path(folder) / "report.json").read_text())
    rows = {row["name"]: row for row in report["rows"]}
    macs = {name: row["simulation"]["integer"][row["execution"]]["macs"] for name, row in rows.items()}
    right = {name: row["evaluation"]["accuracy"] for name, row in rows.items()}
    print("MACs of dense:", macs, "right:", right)
    assert macs["delta"] < macs["l1"] < macs["baseline"], "delta sends less than l1, which sends less than the baseline"
    assert right["baseline"] > 8 / 16, "far more than chance: something was learned"
    assert right["delta"] > right["baseline"] - 0.1, "and is still known"
    for row in rows.values():
        agreement = row["agreement"]
        assert agreement["accuracy_points"] <= 0.5, f"{row['name']}: accuracy of training and simulator"
        logits = agreement["logits"]
        assert logits["rms_error"] < 0.02 * logits["rms"], f"{row['name']}: logits of training and simulator"
        assert agreement["largest_relative_deviation"] < 0.02, f"{row['name']}: densities of training and simulator"


if __name__ == "__main__":
    main(*sys.argv[1:])
