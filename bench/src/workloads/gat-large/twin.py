from graphs import GAT, OnWholeGraph
from training import training_cases


class ByEdges(OnWholeGraph):
    lr = 0.005

    def build(self):
        return GAT(64, 16)


cases = training_cases({"edge index": ByEdges})
