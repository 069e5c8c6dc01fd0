"""The network: a shared encoder, pooled [CLS] and mean, three ordinal heads, two side heads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from transformers import BertModel


@dataclass(frozen=True, slots=True)
class HeadShape:
    """How many of everything the heads give: dimensions, thresholds, tenses, unit types."""

    n_dimensions: int = 3
    n_thresholds: int = 3
    n_temporality: int = 5
    n_unit_type: int = 5

    def as_json(self) -> dict[str, int]:
        """Plain values."""
        return asdict(self)


class SentenceScorer(nn.Module):
    """Encoder with heads.

    The ordinal heads are CORN (Shi, Cao and Raschka 2021, "Deep neural networks for rank-consistent
    ordinal regression based on conditional probabilities"): logit k is of
    ``P(y > k | y > k - 1)``, so the chances of passing higher thresholds can only fall.

    Parameters
    ----------
    encoder : BertModel
        Without its own pooler.
    """

    def __init__(self, encoder: BertModel, shape: HeadShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder, self.shape = encoder, shape
        self.dropout = nn.Dropout(dropout)
        width = 2 * int(encoder.config.hidden_size)
        self.ordinal = nn.Linear(width, shape.n_dimensions * shape.n_thresholds)
        self.temporality = nn.Linear(width, shape.n_temporality)
        self.unit_type = nn.Linear(width, shape.n_unit_type)
        for head in (self.ordinal, self.temporality, self.unit_type):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids: Tensor, n_text: Tensor, n_all: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score padded rows.

        Parameters
        ----------
        ids : (b, t) integer tensor
        n_text, n_all : (b,) integer tensors
            Pieces of segment A, and of the whole row (`nlp_scoring.bert.batches.Batch`).

        Returns
        -------
        ordinal (b, d, k), temporality (b, c), unit_type (b, c) logits
        """
        place = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
        attention = (place < n_all.unsqueeze(1)).long()
        segment = ((place >= n_text.unsqueeze(1)) & (attention > 0)).long()
        hidden = self.encoder(
            input_ids=ids, attention_mask=attention, token_type_ids=segment
        ).last_hidden_state
        # The sentence's own pieces: after [CLS], before its [SEP].
        inside = ((place > 0) & (place < n_text.unsqueeze(1) - 1)).to(hidden.dtype).unsqueeze(-1)
        mean = (hidden * inside).sum(1) / inside.sum(1).clamp(min=1.0)
        pooled = self.dropout(torch.cat([hidden[:, 0], mean], dim=-1))
        ordinal = self.ordinal(pooled)
        shape = (-1, self.shape.n_dimensions, self.shape.n_thresholds)
        return ordinal.view(shape), self.temporality(pooled), self.unit_type(pooled)


def corn_loss(logits: Tensor, exceed: Tensor) -> Tensor:
    """Conditional cross-entropy over thresholds, for soft targets.

    Parameters
    ----------
    logits, exceed : (b, d, k) tensors
        ``exceed`` holds the target ``P(y > k)``. Threshold k is learnt from the share of a
        sentence that passed threshold k - 1: weight ``P(y > k - 1)``, target their ratio.
    """
    passed = torch.cat([torch.ones_like(exceed[..., :1]), exceed[..., :-1]], dim=-1)
    target = torch.where(passed > 0, exceed / passed.clamp(min=1e-6), torch.zeros_like(exceed))
    loss = functional.binary_cross_entropy_with_logits(logits, target.clamp(0, 1), reduction="none")
    return (loss * passed).sum((1, 2)).mean()


def side_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy with soft targets; rows without a label (all zeros) do not count."""
    labelled = target.sum(1)
    loss = -(target * functional.log_softmax(logits, dim=-1)).sum(1)
    return loss.sum() / labelled.sum().clamp(min=1.0)


def exceedance(logits: Tensor) -> Tensor:
    """``P(y > k)`` from conditional logits: the running product."""
    return torch.sigmoid(logits).cumprod(-1)


def build_network(
    encoder: BertModel, shape: HeadShape, *, dropout: float, seed: int
) -> SentenceScorer:
    """Put fresh heads on an encoder; the seed decides them."""
    torch.manual_seed(seed)
    return SentenceScorer(encoder, shape, dropout)


def load_encoder(folder: Any, *, attention_dropout: float = 0.0) -> BertModel:
    """Read an encoder from a folder or by its hub name, in float32, without a pooler.

    Without dropout on attention weights, on a processor, attention runs in one fused step.

    Raises
    ------
    UserError
        When there is no such model here and it cannot be fetched.
    """
    from transformers import BertModel

    from configs.errors import UserError

    quiet_transformers()
    try:
        model = BertModel.from_pretrained(
            str(folder), add_pooling_layer=False, dtype=torch.float32, attn_implementation="sdpa",
            attention_probs_dropout_prob=attention_dropout,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise UserError(
            f"no encoder can be read here ({type(error).__name__})",
            where=str(folder),
            fix="give --encoder a folder with config.json and model.safetensors; on a machine "
            f"that reaches the hub: hf download {folder} --local-dir encoder",
        ) from error
    return model


def quiet_transformers() -> None:
    """Keep the library's reports and bars out of our output."""
    from transformers.utils import logging

    silence: Any = logging
    silence.set_verbosity_error()
    silence.disable_progress_bar()
