"""Train steps and forward passes of twins, from the same parameters and inputs as ours."""
import torch


class Training:
    """What a twin fills in. `model` is built by the subclass's `build`; `inputs` are the tensors of ours by name."""

    def __init__(self, tensors):
        self.inputs = self.arrange({key[6:]: value for key, value in tensors.items() if key.startswith("input/")})
        self.model = self.build()
        load_parameters(self.model, tensors)
        self.place()

    def arrange(self, inputs):
        """Inputs in the layout that the model wants."""
        return inputs

    def build(self):
        raise NotImplementedError

    def place(self):
        """Moves the model to another memory format."""

    def forward(self):
        raise NotImplementedError

    def loss(self):
        raise NotImplementedError

    def optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=True)


def load_parameters(model, tensors):
    """By name where all names are the same, by position otherwise; ours come in the order of their keys."""
    theirs = {key[15:]: value for key, value in sorted(tensors.items()) if key.startswith("parameter/")}
    own = dict(model.named_parameters())
    if set(own) == set(theirs):
        pairs = [(own[name], theirs[name]) for name in own]
    else:
        assert len(own) == len(theirs), f"{len(own)} parameters here, {len(theirs)} there: {list(own)} {list(theirs)}"
        pairs = list(zip(own.values(), theirs.values()))
    with torch.no_grad():
        for to, value in pairs:
            # a linear layer here may be a convolution of size 1 there
            same = [size for size in to.shape if size > 1] == [size for size in value.shape if size > 1]
            assert same, f"{tuple(to.shape)} here, {tuple(value.shape)} there"
            to.copy_(value.view_as(to))


def start_of(training):
    training.model.eval()
    loss = training.loss()
    loss.backward()
    gradients = [p.grad for p in training.model.parameters() if p.grad is not None]
    norm = torch.sqrt(sum(g.square().sum() for g in gradients)).item()
    training.model.zero_grad()
    return {"loss": loss.item(), "gradientNorm": norm}


def training_cases(variants):
    """`train step` and `forward` of each variant, which are subclasses of Training."""

    def train(kind):
        def prepare(tensors):
            training = kind(tensors)
            optimizer = training.optimizer()

            def step():
                optimizer.zero_grad()
                loss = training.loss()
                loss.backward()
                optimizer.step()
                return loss.item()

            def start():
                result = start_of(training)
                training.model.train()
                return result

            training.model.train()
            return step, start

        return prepare

    def forward(kind):
        def prepare(tensors):
            training = kind(tensors)
            training.model.eval()

            def step():
                with torch.inference_mode():
                    training.forward()

            def start():
                return start_of(training)

            return step, start

        return prepare

    return {
        "train step": {name: train(kind) for name, kind in variants.items()},
        "forward": {name: forward(kind) for name, kind in variants.items()},
    }
