"""What training runs on, in which precision, and from which checkpoint it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from pathlib import Path


def training_device() -> str:
    """Take a GPU when there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def has_bfloat16(device: str) -> bool:
    """Tell whether products in bfloat16 are faster here: GPUs, and CPUs that do them at full rate.

    With AVX512-BF16 an epoch takes 58 % of its time in float32 on one machine and 139 % on another,
    an Intel Xeon without AMX. Told by the processor's name and not measured: every network of a
    run must be trained in the same precision, whatever else the machine is doing.
    """
    if device == "cuda":
        return True
    able = torch.cpu.get_capabilities()
    slow = "intel" in str(able.get("cpu_name", "")).lower()
    return bool(able.get("amx_bf16") or (able.get("avx512_bf16") and not slow))


def read_checkpoint(path: Path | None, mark: str, device: torch.device) -> dict[str, Any] | None:
    """Read a checkpoint of this very run; plain tensors and numbers only, nothing executable."""
    if path is None or not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError):
        return None
    return state if state.get("mark") == mark else None
