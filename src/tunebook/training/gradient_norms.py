"""The norm of all gradients together, before clipping: for PyTorch, JAX, or NumPy arrays (H4).

Standard library alone: the framework whose arrays these are is loaded already, so nothing is
imported here. docs/instability.md has what it costs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def gradient_norm(gradients: Any) -> Any:
    """The L2 norm over all gradients, as one number on their own device.

    Call it before gradients are clipped, at the steps that are reported:
    `trial.report(step, {"train/grad_norm": tb.gradient_norm(model.parameters()), ...})`.
    In JAX it may stand inside a compiled function.

    Args:
        gradients: PyTorch's parameters after `backward()` (those without a gradient are left
            out), its gradients, or a tree of JAX or NumPy arrays.

    Returns:
        a scalar of PyTorch or JAX, which is not waited for until it is reported or read; a float
        for anything else. 0 where there is no gradient.

    Raises:
        TypeError: there is something in it that has no norm.

    Example:
        >>> import numpy as np
        >>> gradient_norm([np.array([3.0]), np.array([4.0])])
        5.0
    """
    leaves = [leaf for leaf in _leaves(gradients) if leaf is not None]
    if not leaves:
        return 0.0
    home = type(leaves[0]).__module__.partition(".")[0]
    if home in ("torch", "torchvision"):
        return _torch_norm(leaves)
    if home in ("jax", "jaxlib"):
        numpy = sys.modules["jax.numpy"]
        squares = [numpy.sum(numpy.square(numpy.abs(leaf).astype("float32"))) for leaf in leaves]
        return numpy.sqrt(sum(squares))
    return math.sqrt(sum(_square(leaf) for leaf in leaves))


def _leaves(tree: Any) -> Iterator[Any]:
    """Arrays of a tree; of a parameter its gradient, None where it has none."""
    if hasattr(tree, "requires_grad"):
        # A frozen parameter has no gradient; a gradient itself asks for none.
        of_model = isinstance(tree, sys.modules["torch"].nn.Parameter)
        yield tree.grad if of_model or (tree.is_leaf and tree.requires_grad) else tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from _leaves(value)
    elif hasattr(tree, "shape") or isinstance(tree, int | float) or tree is None:
        yield tree
    elif isinstance(tree, Iterable) and not isinstance(tree, str | bytes):
        for value in tree:
            yield from _leaves(value)
    else:
        yield from _of_framework(tree)


def _of_framework(tree: Any) -> Iterator[Any]:
    """Leaves of a tree that only JAX knows how to take apart."""
    jax = sys.modules.get("jax")
    found = jax.tree_util.tree_leaves(tree) if jax else [tree]
    if not found or found[0] is tree:
        raise TypeError(
            f"a gradient norm is over arrays; got {type(tree).__name__}. "
            "Next: give model.parameters() after backward(), or JAX's tree of gradients"
        )
    yield from found


def _torch_norm(tensors: list[Any]) -> Any:
    torch = sys.modules["torch"]
    with torch.no_grad():
        total = getattr(torch.nn.utils, "get_total_norm", None)
        if total is not None:
            return total(tensors)
        norms = [torch.linalg.vector_norm(t) for t in tensors]
        return torch.linalg.vector_norm(torch.stack([n.to(norms[0].device) for n in norms]))


def _square(leaf: Any) -> float:
    absolute = abs(leaf)
    return float((absolute * absolute).sum() if hasattr(absolute, "sum") else absolute * absolute)
