"""Domain-adaptive pre-training: masked language modelling on official text, whole words masked.

Gururangan et al. 2020 ("Don't stop pretraining") call it DAPT; masking whole words (Cui et al.
2021, "Pre-training with whole word masking for Chinese BERT") takes jieba for the words.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from configs.errors import UserError
from corpus.files import write_atomically
from nlp_scoring.bert.network import quiet_transformers
from nlp_scoring.bert.passages import CLS, SEP, load_tokenizer, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MASKED_SHARE, KEEP_SHARE, RANDOM_SHARE = 0.15, 0.1, 0.1
#: Loss at places that are not asked about.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class PretrainingSettings:
    """Everything that changes the weights, the text aside."""

    epochs: int = 3
    batch_size: int = 64
    length: int = 128
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    warmup: float = 0.06
    weight_decay: float = 0.01
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Text cut into rows of one length.

    Attributes
    ----------
    ids : (n, t) uint16 array
        Word pieces with [CLS] and [SEP]; 0 where padded.
    starts : (n, t) bool array
        Where a word begins; pieces that continue a word are masked with it.
    """

    ids: NDArray[np.uint16]
    starts: NDArray[np.bool_]


def stream_of(texts: Iterable[str], tokenizer: Any, length: int) -> Stream:
    """Cut texts into rows of ``length`` pieces, remembering where jieba's words begin."""
    room = length - 2
    ids: list[int] = []
    starts: list[bool] = []
    for text in texts:
        for line in plain(text).splitlines():
            for number, first in _pieces_with_words(line, tokenizer):
                ids.append(number)
                starts.append(first)
    n = len(ids) // room
    body = np.array(ids[: n * room], dtype=np.uint16).reshape(n, room)
    begins = np.array(starts[: n * room], dtype=bool).reshape(n, room)
    edge = np.ones((n, 1), dtype=np.uint16)
    whole = [edge * tokenizer.token_to_id(CLS), body, edge * tokenizer.token_to_id(SEP)]
    never = np.zeros((n, 1), dtype=bool)
    return Stream(np.hstack(whole).astype(np.uint16), np.hstack([never, begins, never]))


def _pieces_with_words(line: str, tokenizer: Any) -> Iterator[tuple[int, bool]]:
    import jieba

    jieba.setLogLevel(60)
    begins = {begin for _, begin, _ in jieba.tokenize(line)} if line else set()
    encoding = tokenizer.encode(line, add_special_tokens=False)
    for number, (begin, _) in zip(encoding.ids, encoding.offsets, strict=True):
        yield number, begin in begins


def mask_words(
    ids: NDArray[np.int64],
    starts: NDArray[np.bool_],
    *,
    mask: int,
    n_pieces: int,
    first_piece: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide 15 % of the words of each row, whole.

    Parameters
    ----------
    ids : (b, t) array
    starts : (b, t) array
    first_piece : int
        Lowest number of a piece that is text; random replacements are drawn from there on.

    Returns
    -------
    (b, t) array, (b, t) array
        Input with pieces hidden (80 % [MASK], 10 % random, 10 % as they were), and the answers:
        `IGNORED` where nothing was hidden.
    """
    word = starts.cumsum(axis=1)
    chosen = rng.random((len(ids), int(word.max()) + 1)) < MASKED_SHARE
    chosen[:, 0] = False
    hidden = np.take_along_axis(chosen, word, axis=1) & (ids >= first_piece)
    answers = np.where(hidden, ids, IGNORED)
    draw = rng.random(ids.shape)
    masked = np.where(hidden & (draw >= KEEP_SHARE), mask, ids)
    random = rng.integers(first_piece, n_pieces, ids.shape)
    replaced = hidden & (draw >= KEEP_SHARE) & (draw < KEEP_SHARE + RANDOM_SHARE)
    return np.where(replaced, random, masked), answers


def pretrain(
    model: Any,
    stream: Stream,
    settings: PretrainingSettings,
    *,
    mask: int,
    first_piece: int,
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> list[dict[str, float]]:
    """Train a ``BertForMaskedLM`` in place; gives loss and accuracy of each epoch."""
    device = next(model.parameters()).device
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    n, n_pieces = len(stream.ids), int(model.config.vocab_size)
    steps = max(1, n // settings.batch_size) * settings.epochs
    optimizer, schedule = _optimizer(model, settings, steps)
    history = []
    model.train()
    for epoch in range(settings.epochs):
        begin, order = time.perf_counter(), rng.permutation(n)
        loss_sum, seen = torch.zeros((), device=device), 0
        for i in range(0, max(n - settings.batch_size, 0) + 1, settings.batch_size):
            rows = order[i : i + settings.batch_size]
            ids, answers = mask_words(
                stream.ids[rows].astype(np.int64), stream.starts[rows],
                mask=mask, n_pieces=n_pieces, first_piece=first_piece, rng=rng,
            )  # fmt: skip
            loss = _masked_loss(model, ids, answers, device)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            loss_sum, seen = loss_sum + loss.detach(), seen + 1
        record = {"epoch": epoch + 1.0, "loss": float(loss_sum) / seen,
                  "seconds": time.perf_counter() - begin}  # fmt: skip
        history.append(record)
        tell(record)
    model.eval()
    return history


def _masked_loss(
    model: Any, ids: NDArray[np.int64], answers: NDArray[np.int64], device: torch.device
) -> torch.Tensor:
    """Loss at hidden places only: the head over the whole row would cost most of the time."""
    asked = np.flatnonzero(answers.reshape(-1) != IGNORED)
    place = torch.from_numpy(asked).to(device)
    truth = torch.from_numpy(answers.reshape(-1)[asked]).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
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
    optimizer = torch.optim.AdamW(
        groups, weight_decay=settings.weight_decay, fused=next(model.parameters()).is_cuda
    )
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
    model = load_language_model(source).to(device)
    mask = tokenizer.token_to_id("[MASK]")
    if mask is None:
        raise UserError("the vocabulary lacks [MASK]", where=str(source))
    pretrain(model, stream, settings, mask=mask, first_piece=mask + 1, tell=tell)
    weights = {k: v.half().cpu().contiguous() for k, v in model.bert.state_dict().items()}
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json"):
        (out / name).write_bytes((source / name).read_bytes())
    write_atomically(
        out / "model.safetensors",
        lambda temporary: save_file(weights, temporary, metadata={"format": "pt"}),
    )


def load_language_model(folder: Path) -> Any:
    """Read an encoder with a new masked-word head, its output vectors tied to the input ones."""
    from transformers import BertForMaskedLM

    quiet_transformers()
    return BertForMaskedLM.from_pretrained(
        str(folder), dtype=torch.float32, attn_implementation="sdpa"
    )
