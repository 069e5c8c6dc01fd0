"""The optimiser of fine-tuning: rates by layer, a linear schedule, an average of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from nlp_scoring.bert.network import SentenceScorer
    from nlp_scoring.bert.training import TrainingSettings


def optimizer_for(network: SentenceScorer, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW with lower rates for lower layers, higher for the new heads."""
    n_layers = int(network.encoder.config.num_hidden_layers)
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        if not name.startswith("encoder."):
            rate = settings.head_learning_rate
        else:
            rate = settings.learning_rate * settings.layer_decay ** (n_layers - _depth(name))
        decay = 0.0 if parameter.ndim < 2 else settings.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()],
        fused=True,
    )


def _depth(name: str) -> int:
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else 0


def linear(steps: int, warmup: float) -> Callable[[int], float]:
    """Rise over the warm-up, then fall to 0."""
    rise = max(1, int(steps * warmup))
    return lambda step: min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))


class Average:
    """Exponential moving average of the weights; off at rate 0."""

    def __init__(self, network: SentenceScorer, rate: float) -> None:
        self.network, self.rate, self.n = network, rate, 0
        self.shadow = {k: v.detach().clone() for k, v in network.named_parameters()} if rate else {}

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the present weights, faster at the start."""
        if not self.rate:
            return
        self.n += 1
        rate = min(self.rate, (1 + self.n) / (10 + self.n))
        names, now = zip(*self.network.named_parameters(), strict=True)
        torch._foreach_lerp_([self.shadow[k] for k in names], list(now), 1 - rate)

    @torch.no_grad()
    def settle(self) -> None:
        """Write the average into the network for good."""
        for name, parameter in self.network.named_parameters():
            if self.rate:
                parameter.copy_(self.shadow[name])

    def in_place(self) -> Swapped:
        """Use the average inside a with-block."""
        return Swapped(self)


class Swapped:
    """Holds the weights while the average stands in for them."""

    def __init__(self, average: Average) -> None:
        self.average = average
        self.kept: dict[str, Tensor] = {}

    def __enter__(self) -> None:
        if self.average.rate:
            self.kept = {k: v.detach().clone() for k, v in self.average.network.named_parameters()}
            self.average.settle()

    @torch.no_grad()
    def __exit__(self, *_: object) -> None:
        for name, parameter in self.average.network.named_parameters():
            if name in self.kept:
                parameter.copy_(self.kept[name])
