from graphs import GCN, OnWholeGraph, as_sparse_matrix
from training import training_cases


class ByEdges(OnWholeGraph):
    lr = 0.01

    def build(self):
        return GCN(64, 64, 16)


class BySparseMatrix(ByEdges):
    def arrange(self, inputs):
        return as_sparse_matrix(inputs)


cases = training_cases({"edge index": ByEdges, "sparse matrix": BySparseMatrix})
