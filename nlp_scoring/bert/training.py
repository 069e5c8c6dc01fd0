"""Fine-tuning: the loop, its schedule, early stopping, and checkpoints that it resumes from."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nlp_scoring.agreement import weighted_kappa
from nlp_scoring.bert.batches import by_length, drop_fields, pad, sequences
from nlp_scoring.bert.device import has_bfloat16, read_checkpoint
from nlp_scoring.bert.network import SentenceScorer, corn_loss, exceedance, side_loss
from nlp_scoring.bert.optimising import Average, linear, optimizer_for
from nlp_scoring.ordinal import nearest_level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from nlp_scoring.bert.batches import Batch, Vocabulary
    from nlp_scoring.bert.passages import Pieces
    from nlp_scoring.bert.targets import Targets

#: Batches are cut from windows of at least so many rows, and of `POOL` batches, sorted by length inside:
#: with batches of 32 a tenth of the pieces is padding, with windows of 256 rows a fifth.
WINDOW, POOL = 1024, 8
SCORING_BUDGET = 16_384


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Everything that changes the weights, the data aside."""

    epochs: int = 8
    batch_size: int = 32
    learning_rate: float = 1.8e-4
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.1
    dropout: float = 0.1
    attention_dropout: float = 0.0
    hide_fields: float = 0.1
    without: frozenset[str] = frozenset({"previous", "next"})
    side_weight: float = 0.2
    adversarial: float = 0.0
    averaging: float = 0.0
    rare_weight: float = 1.0
    patience: int = 3
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"without": sorted(self.without)}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the loop trains or is measured on: pieces, targets, one weight a row."""

    pieces: Pieces
    targets: Targets

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Take some rows."""
        return Rows(self.pieces.take(rows), self.targets.take(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How training went.

    Attributes
    ----------
    history : list
        A dict an epoch: loss, seconds, and mean kappa on the validation rows where there are some.
    best_epoch : int
        1-based; the last one without validation rows.
    """

    history: list[dict[str, float]]
    best_epoch: int


def fit(
    network: SentenceScorer,
    rows: Rows,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    *,
    validation: Rows | None = None,
    checkpoint: Path | None = None,
    mark: str = "",
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> Outcome:
    """Train in place.

    Parameters
    ----------
    validation : Rows, optional
        Measured after each epoch; the best epoch's weights are kept and training stops after
        ``patience`` epochs without a gain.
    checkpoint : Path, optional
        Written after each epoch, read when it carries the same ``mark``: a killed run goes on
        where it was.
    """
    run = _Run.start(network, rows, settings)
    run.resume(checkpoint, mark)
    while len(run.history) < settings.epochs and not run.is_stale(settings.patience, validation):
        begin = time.perf_counter()
        loss = _epoch(network, rows, vocabulary, settings, run)
        record = {"epoch": len(run.history) + 1.0, "loss": loss}
        if validation is not None:
            record["kappa"] = run.watch(validation, vocabulary, settings.without)
        record["seconds"] = time.perf_counter() - begin
        run.history.append(record)
        tell(record)
        if checkpoint is not None:
            run.keep(checkpoint, mark)
    if validation is not None:
        network.load_state_dict(run.best_weights)
    else:
        run.average.settle()
    network.eval()
    return Outcome(run.history, run.best_epoch if validation is not None else len(run.history))


@dataclass(slots=True, eq=False)
class _Run:
    """Everything that changes while training, and what a checkpoint holds."""

    network: SentenceScorer
    optimizer: Any
    schedule: Any
    average: Average
    rng: np.random.Generator
    history: list[dict[str, float]]
    best: float = -1.0
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def start(cls, network: SentenceScorer, rows: Rows, settings: TrainingSettings) -> _Run:
        steps = -(-len(rows.targets) // settings.batch_size) * settings.epochs
        optimizer = optimizer_for(network, settings)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, linear(steps, settings.warmup))
        average = Average(network, settings.averaging)
        return cls(network, optimizer, schedule, average, np.random.default_rng(settings.seed), [])

    def is_stale(self, patience: int, validation: Rows | None) -> bool:
        """Whether the watched rows have not gained for long enough."""
        return validation is not None and len(self.history) - self.best_epoch >= patience

    def watch(self, rows: Rows, vocabulary: Vocabulary, without: frozenset[str]) -> float:
        """Measure the watched rows and keep the weights when they are the best so far."""
        with self.average.in_place():
            kappa = mean_kappa(self.network, rows, vocabulary, without)
            if kappa > self.best:
                self.best, self.best_epoch = kappa, len(self.history) + 1
                self.best_weights = {k: v.clone() for k, v in self.network.state_dict().items()}
        return kappa

    def keep(self, path: Path, mark: str) -> None:
        """Write a checkpoint."""
        from corpus.files import write_atomically

        parts = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(), "average": self.average.shadow,
            "history": self.history, "best": [self.best, self.best_epoch, self.best_weights],
            "rng": self.rng.bit_generator.state, "torch_rng": torch.get_rng_state(), "mark": mark,
        }  # fmt: skip
        write_atomically(path, lambda temporary: torch.save(parts, temporary))

    def resume(self, path: Path | None, mark: str) -> None:
        """Go on from a checkpoint of this very run, if there is one."""
        state = read_checkpoint(path, mark, next(self.network.parameters()).device)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.average.shadow, self.history = state["average"], state["history"]
        self.best, self.best_epoch, self.best_weights = state["best"]
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"].cpu())


def _epoch(
    network: SentenceScorer,
    rows: Rows,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    run: _Run,
) -> float:
    network.train()
    device = next(network.parameters()).device
    total = torch.zeros((), device=device)
    chosen = _training_batches(rows, vocabulary, settings, run.rng)
    for index in chosen:
        hidden = drop_fields(len(index), settings.hide_fields, run.rng)
        absent = [h | settings.without for h in hidden]
        batch = pad(*sequences(rows.pieces, vocabulary, index, without=absent))
        target = [torch.from_numpy(a[index]).to(device) for a in _arrays(rows.targets)]
        run.optimizer.zero_grad(set_to_none=True)
        loss = _loss(network, batch, target, settings)
        torch.autograd.backward(loss)
        if settings.adversarial:
            _adversarial_step(network, batch, target, settings)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        run.optimizer.step()
        run.schedule.step()
        run.average.update()
        total += loss.detach()
    return float(total) / len(chosen)


def _arrays(targets: Targets) -> tuple[NDArray[np.float32], ...]:
    return targets.exceed, targets.temporality, targets.unit_type


def _loss(
    network: SentenceScorer, batch: Batch, target: list[Tensor], settings: TrainingSettings
) -> Tensor:
    device = target[0].device
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device.type)):
        ordinal, temporality, unit_type = network(*on_device(batch, device))
    side = side_loss(temporality.float(), target[1]) + side_loss(unit_type.float(), target[2])
    return corn_loss(ordinal.float(), target[0]) + settings.side_weight * side


def _adversarial_step(
    network: SentenceScorer, batch: Batch, target: list[Tensor], settings: TrainingSettings
) -> None:
    """Add the gradient at word vectors moved against the loss (Miyato, Dai and Goodfellow 2017)."""
    vectors = network.encoder.embeddings.word_embeddings.weight
    gradient = vectors.grad
    if gradient is None:
        return
    move = settings.adversarial * gradient / (gradient.norm() + 1e-12)
    vectors.data.add_(move)
    torch.autograd.backward(_loss(network, batch, target, settings))
    vectors.data.sub_(move)


def _training_batches(
    rows: Rows, vocabulary: Vocabulary, settings: TrainingSettings, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Shuffle, sort by length within windows, cut, and shuffle the batches."""
    n, size = len(rows.targets), settings.batch_size
    if settings.rare_weight == 1.0:
        order = rng.permutation(n)
    else:
        rare = (rows.targets.exceed[:, :, -1] > 0.5).any(axis=1)
        weight = np.where(rare, settings.rare_weight, 1.0)
        order = rng.choice(n, size=n, p=weight / weight.sum())
    joined, _ = sequences(rows.pieces, vocabulary, range(n), without=settings.without)
    lengths = np.array([len(s) for s in joined])
    batches = []
    width = size * max(POOL, WINDOW // size)
    for begin in range(0, n, width):
        window = order[begin : begin + width]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[i : i + size] for i in range(0, len(window), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def on_device(batch: Batch, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Move a batch."""
    a, b, c = (torch.from_numpy(x).to(device) for x in (batch.ids, batch.n_text, batch.n_all))
    return a, b, c


@torch.inference_mode()
def predict(
    network: SentenceScorer,
    pieces: Pieces,
    vocabulary: Vocabulary,
    *,
    without: frozenset[str] = frozenset(),
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Give the logits of every row: ordinal (n, d, k), temporality and unit type (n, c)."""
    network.eval()
    device = next(network.parameters()).device
    joined, n_text = sequences(pieces, vocabulary, range(len(pieces)), without=without)
    lengths = np.array([len(s) for s in joined])
    parts: list[list[Tensor]] = []
    places = []
    for index in by_length(lengths, SCORING_BUDGET):
        batch = pad([joined[i] for i in index], n_text[index])
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            parts.append([x.float().cpu() for x in network(*on_device(batch, device))])
        places.append(index)
    back = np.argsort(np.concatenate(places), kind="stable")
    ordinal, temporality, unit_type = (
        torch.cat([part[i] for part in parts]).numpy()[back] for i in range(3)
    )
    return ordinal, temporality, unit_type


def mean_kappa(
    network: SentenceScorer, rows: Rows, vocabulary: Vocabulary, without: frozenset[str]
) -> float:
    """Quadratic weighted kappa of the level nearest to the score, averaged over dimensions."""
    logits = predict(network, rows.pieces, vocabulary, without=without)[0]
    exceed = exceedance(torch.from_numpy(logits)).numpy()
    return float(np.nanmean(kappas(exceed, rows.targets.exceed)))


def kappas(exceed: NDArray[Any], truth: NDArray[Any]) -> list[float]:
    """Kappa of each dimension from chances and targets, both (n, d, k)."""
    found = []
    for d in range(exceed.shape[1]):
        confusion = np.zeros((exceed.shape[2] + 1,) * 2)
        level = [(truth[:, d] > 0.5).sum(1), nearest_level(exceed[:, d])]
        np.add.at(confusion, (level[0], level[1]), 1.0)
        found.append(float(weighted_kappa(confusion)))
    return found
