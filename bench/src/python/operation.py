"""Forward passes and gradients of single operations."""
import torch


def operation_cases(make, differentiate=None):
    """`make()` gives the inputs and a function of them; the inputs at the positions `differentiate` get gradients."""

    def forward(_):
        inputs, run = make()

        def step():
            with torch.inference_mode():
                run(*inputs)

        return step, None

    def gradient(_):
        inputs, run = make()
        moving = [inputs[i].requires_grad_() for i in differentiate]

        def step():
            torch.autograd.grad(run(*inputs).sum(), moving)

        return step, None

    cases = {"forward": {"PyTorch": forward}}
    if differentiate is not None:
        cases["forward + gradient"] = {"PyTorch": gradient}
    return cases
