"""Runs where ElementEmbeddings is: formulas on stdin as JSON, seconds and pooled vectors by table and statistic."""

import json
import sys
import time
import warnings

from elementembeddings.composition import composition_featuriser
from elementembeddings.core import Embedding

warnings.filterwarnings("ignore")
asked = json.load(sys.stdin)
answer = {}
for table, statistic in asked["wanted"]:
    embedding = Embedding.load_data(table)
    start = time.process_time()
    vectors = composition_featuriser(asked["formulas"], embedding=embedding, stats=statistic)
    seconds = time.process_time() - start
    answer[f"{table} {statistic}"] = {"seconds": seconds, "values": [vector.tolist() for vector in vectors]}
json.dump(answer, sys.stdout)
