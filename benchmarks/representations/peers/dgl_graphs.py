"""Runs where DGL is: a Parquet file of graphs in, named on stdin, what DGL makes of them out.

The last DGL with a wheel for Linux needs a torch from before numpy 2. The project does not run there, but its
loader does, by way of PYTHONPATH.
"""

import json
import sys

import dgl
import pyarrow.parquet as pq

from curation.represent.graph.batch import graph_batch
from curation.represent.graph.loaders import to_dgl

asked = json.load(sys.stdin)
apart = [
    {
        "numbers": one.ndata["z"].tolist(),
        "edges": [ends.tolist() for ends in one.edges()],
        "distances": one.edata["distance"].tolist(),
    }
    for one in dgl.unbatch(to_dgl(graph_batch(pq.read_table(asked["graphs"]))))
]
json.dump({"graphs": apart}, sys.stdout)
