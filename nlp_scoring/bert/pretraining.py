"""Domain-adaptive pre-training: masked language modelling on official text, whole words masked.

Gururangan et al. 2020 ("Don't stop pretraining") call it DAPT.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from configs.errors import UserError
from corpus.files import sha256_file, write_atomically
from nlp_scoring.bert.device import has_bfloat16, read_checkpoint
from nlp_scoring.bert.network import quiet_transformers
from nlp_scoring.bert.passages import load_tokenizer
from nlp_scoring.bert.word_masks import IGNORED, Stream, mask_words, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

#: Steps between two checkpoints: some minutes on a laptop.
KEEP_EVERY = 100
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class PretrainingSettings:
    """Everything that changes the weights, the text aside.

    Without dropout by default: text that is read once or thrice is not learnt by heart (Geiping and
    Goldstein 2023), and a step on a CPU takes two thirds of the time. The shipped model's had 0.1.
    """

    epochs: int = 3
    batch_size: int = 64
    length: int = 128
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.0
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def pretrain(
    model: Any,
    stream: Stream,
    settings: PretrainingSettings,
    *,
    mask: int,
    first_piece: int,
    checkpoint: Path | None = None,
    mark: str = "",
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> list[dict[str, float]]:
    """Train a ``BertForMaskedLM`` in place; gives loss and seconds of each epoch.

    Parameters
    ----------
    checkpoint : Path, optional
        Written every `KEEP_EVERY` steps, read when it carries the same ``mark``: a killed run goes
        on where it was, to the same weights.
    """
    n, size = len(stream.ids), settings.batch_size
    per_epoch = max(1, n // size)
    run = _Run.start(model, settings, per_epoch * settings.epochs)
    run.resume(checkpoint, mark)
    model.train()
    for epoch in range(run.step // per_epoch, settings.epochs):
        order = np.random.default_rng([settings.seed, epoch]).permutation(n)
        for i in range(run.step - epoch * per_epoch, per_epoch):
            begin, rows = time.perf_counter(), order[i * size : (i + 1) * size]
            ids, answers = mask_words(
                stream.ids[rows].astype(np.int64), stream.starts[rows],
                mask=mask, n_pieces=int(model.config.vocab_size), first_piece=first_piece,
                rng=np.random.default_rng([settings.seed, epoch, i]),
            )  # fmt: skip
            run.learn(ids, answers)
            run.seconds += time.perf_counter() - begin
            if i + 1 == per_epoch:
                tell(run.close(epoch, per_epoch))
            if checkpoint is not None and run.step % KEEP_EVERY == 0:
                run.keep(checkpoint, mark)
    model.eval()
    return run.history


@dataclass(slots=True, eq=False)
class _Run:
    """Everything that changes while training, and what a checkpoint holds."""

    model: Any
    optimizer: Any
    schedule: Any
    loss: torch.Tensor
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def start(cls, model: Any, settings: PretrainingSettings, steps: int) -> _Run:
        torch.manual_seed(settings.seed)
        zero = torch.zeros((), device=next(model.parameters()).device)
        return cls(model, *_optimizer(model, settings, steps), zero)

    def learn(self, ids: NDArray[np.int64], answers: NDArray[np.int64]) -> None:
        """Take one step."""
        loss = _masked_loss(self.model, ids, answers, self.loss.device)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.loss, self.step = self.loss + loss.detach(), self.step + 1

    def close(self, epoch: int, steps: int) -> dict[str, float]:
        """Write an epoch into the history."""
        record = {"epoch": epoch + 1.0, "loss": float(self.loss) / steps, "seconds": self.seconds}
        self.history.append(record)
        self.loss, self.seconds = torch.zeros_like(self.loss), 0.0
        return record

    def keep(self, path: Path, mark: str) -> None:
        """Write a checkpoint."""
        parts = {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(), "loss": self.loss, "step": self.step,
            "seconds": self.seconds, "history": self.history, "mark": mark,
            "torch_rng": torch.get_rng_state(),
        }  # fmt: skip
        write_atomically(path, lambda temporary: torch.save(parts, temporary))

    def resume(self, path: Path | None, mark: str) -> None:
        """Go on from a checkpoint of this very run, if there is one."""
        state = read_checkpoint(path, mark, self.loss.device)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.loss, self.step = state["loss"], state["step"]
        self.seconds, self.history = state["seconds"], state["history"]
        torch.set_rng_state(state["torch_rng"].cpu())


def _masked_loss(
    model: Any, ids: NDArray[np.int64], answers: NDArray[np.int64], device: torch.device
) -> torch.Tensor:
    """Loss at hidden places only: the head over the whole row would cost most of the time."""
    asked = np.flatnonzero(answers.reshape(-1) != IGNORED)
    place = torch.from_numpy(asked).to(device)
    truth = torch.from_numpy(answers.reshape(-1)[asked]).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device.type)):
        rows = torch.from_numpy(ids).to(device)
        hidden = model.bert(input_ids=rows, attention_mask=(rows != 0).long()).last_hidden_state
        logits = model.cls(hidden.flatten(0, 1)[place])
    return torch.nn.functional.cross_entropy(logits.float(), truth)


def _optimizer(model: Any, settings: PretrainingSettings, steps: int) -> tuple[Any, Any]:
    head = {id(p) for p in model.cls.predictions.transform.parameters()}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in head],
         "lr": settings.learning_rate},
        {"params": [p for p in model.parameters() if id(p) in head],
         "lr": settings.head_learning_rate},
    ]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, fused=True)
    rise = max(1, int(steps * settings.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda s: min((s + 1) / rise, max(0.0, (steps - s) / max(1, steps - rise))),
    )
    return optimizer, schedule


def pretrain_folder(
    source: Path,
    texts: Iterable[str],
    out: Path,
    settings: PretrainingSettings,
    *,
    device: str,
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> None:
    """Go on training the encoder of a folder and write it to another, weights in float16.

    A run that was killed goes on from ``checkpoint.pt`` when encoder, text and settings are the same.

    Raises
    ------
    UserError
        When the folder holds no encoder, or the texts are shorter than one row.
    """
    from safetensors.torch import save_file

    tokenizer = load_tokenizer(source / "tokenizer.json")
    stream = stream_of(texts, tokenizer, settings.length)
    if not len(stream.ids):
        raise UserError(f"the text is shorter than {settings.length} word pieces")
    model = load_language_model(source, seed=settings.seed, dropout=settings.dropout).to(device)
    mask = tokenizer.token_to_id("[MASK]")
    if mask is None:
        raise UserError("the vocabulary lacks [MASK]", where=str(source))
    out.mkdir(parents=True, exist_ok=True)
    pretrain(
        model, stream, settings, mask=mask, first_piece=mask + 1, tell=tell,
        checkpoint=out / CHECKPOINT, mark=_mark(source, stream, settings),
    )  # fmt: skip
    weights = {k: v.half().cpu().contiguous() for k, v in model.bert.state_dict().items()}
    for name in ("config.json", "tokenizer.json"):
        (out / name).write_bytes((source / name).read_bytes())
    write_atomically(
        out / "model.safetensors",
        lambda temporary: save_file(weights, temporary, metadata={"format": "pt"}),
    )
    (out / CHECKPOINT).unlink(missing_ok=True)


def _mark(source: Path, stream: Stream, settings: PretrainingSettings) -> str:
    digest = hashlib.sha256(json.dumps(settings.as_json(), sort_keys=True).encode())
    digest.update(sha256_file(source / "model.safetensors").encode())
    digest.update(stream.ids.tobytes())
    return digest.hexdigest()


def load_language_model(folder: Path, *, seed: int, dropout: float) -> Any:
    """Read an encoder with a new masked-word head, its output vectors tied to the input ones."""
    from transformers import BertForMaskedLM

    quiet_transformers()
    torch.manual_seed(seed)  # the head is new
    return BertForMaskedLM.from_pretrained(
        str(folder), dtype=torch.float32, attn_implementation="sdpa",
        hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
    )  # fmt: skip
