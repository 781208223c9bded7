"""What the strategies for valid bodies of all APIs share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Body = dict[str, Any]
Bodies = st.SearchStrategy[Body]
URLS = st.sampled_from(["https://merchant.example/n", "http://merchant.example/n?a=1&b=2"])
AMOUNTS = st.integers(1, 10**9).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")
TEXTS = st.sampled_from(["A", "x-1", "São Paulo", "李", "Ana & Co.", "12 Mabini St., Unit 3"]) | st.text(
    "aZ09é李ßœ", min_size=1, max_size=12
)
