"""Runs where matminer is: formulas on stdin as JSON, seconds and Magpie's 132 attributes on stdout."""

import json
import sys
import time
import warnings

from matminer.featurizers.composition import ElementProperty
from pymatgen.core import Composition

warnings.filterwarnings("ignore")
asked = json.load(sys.stdin)
featurizer = ElementProperty.from_preset("magpie", impute_nan=False)
start = time.process_time()
values = [featurizer.featurize(Composition(formula)) for formula in asked["formulas"]]
seconds = time.process_time() - start
json.dump({"seconds": seconds, "values": [[float(v) for v in row] for row in values]}, sys.stdout)
