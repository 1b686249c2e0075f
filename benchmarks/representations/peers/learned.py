"""Runs where CHGNet, PyTorch Geometric and jraph are: graphs or structures in, what these libraries make of them out.

On stdin JSON: `work`, the name of a function here; `graphs`, a Parquet file, or `structures`.
"""

import json
import sys
import time

import numpy as np
import pyarrow.parquet as pq
from jraph import unbatch

from curation.represent.graph.batch import graph_batch
from curation.represent.graph.loaders import to_jraph, to_pytorch_geometric
from curation.represent.structure.chgnet import Chgnet
from curation.represent.structure.structure_table import structure_table


def pytorch_geometric(asked: dict) -> dict:
    batch = graph_batch(pq.read_table(asked["graphs"]))
    apart = [
        {"numbers": one.z.tolist(), "edges": one.edge_index.tolist(), "distances": one.edge_attr[:, 0].tolist()}
        for one in to_pytorch_geometric(batch).to_data_list()
    ]
    return {"graphs": apart}


def jraph(asked: dict) -> dict:
    batch = graph_batch(pq.read_table(asked["graphs"]))
    apart = [
        {
            "numbers": np.asarray(one.nodes).tolist(),
            "edges": [np.asarray(one.senders).tolist(), np.asarray(one.receivers).tolist()],
            "distances": np.asarray(one.edges, float).tolist(),
        }
        for one in unbatch(to_jraph(batch))
    ]
    return {"graphs": apart}


def chgnet(asked: dict) -> dict:
    table = structure_table([tuple(map(np.array, one)) for one in asked["structures"]])
    representer = Chgnet()
    representer.compute(table.slice(0, 1))
    start = time.process_time()
    computed = representer.compute(table)
    seconds = time.process_time() - start
    return {"values": computed.vectors.tolist(), "failures": len(computed.failures), "seconds": seconds}


question = json.load(sys.stdin)
json.dump({work.__name__: work for work in (pytorch_geometric, jraph, chgnet)}[question["work"]](question), sys.stdout)
