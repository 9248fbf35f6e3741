import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset
from torch_geometric.nn import GraphSAGE

NODES, EDGES, WIDTH, CLASSES, SEEDS, FAN_OUT, HOPS = 1_000_000, 10_000_000, 64, 16, 1024, 10, 2


class Sampler(IterableDataset):
    """Sampled neighbourhoods, without end: (nodes, edge index), the seeds first."""

    def __init__(self, edges, seeds):
        source, destination = edges
        self.neighbours = source[torch.argsort(destination)]
        self.pointer = torch.zeros(NODES + 1, dtype=torch.long)
        self.pointer[1:] = torch.bincount(destination, minlength=NODES).cumsum(0)
        self.seeds = seeds

    def __iter__(self):
        while True:
            for seeds in torch.randperm(len(self.seeds)).split(SEEDS)[:-1]:
                yield self.sample(self.seeds[seeds])

    def sample(self, nodes):
        place = torch.full((NODES,), -1)
        place[nodes] = torch.arange(len(nodes))
        edges, reached, frontier = [], nodes, nodes
        for _ in range(HOPS):
            first = self.pointer[frontier]
            degree = self.pointer[frontier + 1] - first
            linked = degree > 0
            frontier, first, degree = frontier[linked], first[linked], degree[linked]
            chosen = (torch.rand(len(frontier), FAN_OUT) * degree[:, None]).long()
            source = self.neighbours[first[:, None] + chosen].view(-1)
            destination = frontier.repeat_interleave(FAN_OUT)
            new = torch.unique(source[place[source] < 0])
            place[new] = torch.arange(len(reached), len(reached) + len(new))
            reached = torch.cat([reached, new])
            edges.append(torch.stack([place[source], place[destination]]))
            frontier = new
        return reached, torch.cat(edges, 1)


def prepare(workers):
    def make(_):
        features = torch.rand(NODES, WIDTH) * 2 - 1
        edges = torch.randint(NODES, (2, EDGES))
        labels = torch.randint(CLASSES, (NODES,))
        sampler = Sampler(edges, torch.arange(0, NODES, 10))
        del edges
        fork = "fork" if workers else None
        batches = iter(DataLoader(sampler, batch_size=None, num_workers=workers, multiprocessing_context=fork))
        model = GraphSAGE(WIDTH, 64, 2, CLASSES, dropout=0.5)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)

        def step():
            nodes, edge_index = next(batches)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(features[nodes], edge_index)[:SEEDS], labels[nodes[:SEEDS]])
            loss.backward()
            optimizer.step()
            return loss.item()

        return step, None

    return make


cases = {"train step": {"sampling in turn": prepare(0), "sampling in a worker": prepare(1)}}
