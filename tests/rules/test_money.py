"""Fee, agreed price and commission pool, figure by figure."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.base.money import share_half_up, yuan
from entrepot.pricing.rules import agreed_price, commission_pool, service_fee

HALVES = [
    # amount, rate in basis points, share
    (0, 500, 0),
    (1000, 0, 0),
    (1000, 500, 50),
    (1000, 10_000, 1000),
    (1, 4_999, 0),
    (1, 5_000, 1),  # exactly half a fen goes up
    (1, 5_001, 1),
    (10, 499, 0),
    (10, 500, 1),
    (30, 500, 2),  # 1.5
    (50, 500, 3),  # 2.5: not to the even neighbour
    (70, 500, 4),  # 3.5
    (49, 500, 2),  # 2.45
    (51, 500, 3),  # 2.55
    (999, 333, 33),  # 33.2667
    (9_999_999_999_999, 500, 500_000_000_000),
    (-1, 5_000, -1),  # half a fen goes away from nothing, on both sides
    (-30, 500, -2),
    (-50, 500, -3),
    (-49, 500, -2),
    (-1, 4_999, 0),
]


@pytest.mark.parametrize(("amount_fen", "rate_bps", "share_fen"), HALVES)
def test_half_a_fen_goes_up(amount_fen: int, rate_bps: int, share_fen: int) -> None:
    assert share_half_up(amount_fen, rate_bps=rate_bps) == share_fen


@given(st.integers(-(10**15), 10**15), st.integers(0, 20_000))
def test_a_share_is_the_nearest_whole_fen(amount_fen: int, rate_bps: int) -> None:
    exact = Fraction(amount_fen * rate_bps, 10_000)
    share = share_half_up(amount_fen, rate_bps=rate_bps)
    assert abs(share - exact) <= Fraction(1, 2)
    if abs(share - exact) == Fraction(1, 2):
        assert abs(share) > abs(exact)
    assert share_half_up(-amount_fen, rate_bps=rate_bps) == -share


@pytest.mark.parametrize(("amount", "rate"), [(1.0, 500), (1, 5.0), (True, 500), ("1", 500), (Fraction(1), 500)])
def test_only_whole_numbers_are_money(amount: object, rate: object) -> None:
    with pytest.raises(TypeError):
        share_half_up(amount, rate_bps=rate)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price_fen", "rate_bps", "qty", "fee_fen", "line_fen"),
    [
        (1000, 500, 2, 50, 2100),
        (10, 500, 100, 1, 1100),  # rounded per piece: 100 fen of fee, not 50
        (9, 500, 100, 0, 900),  # 0.45 a piece is nothing, a hundred times over
        (333, 150, 3, 5, 1014),
        (0, 500, 5, 0, 0),
        (8000, 0, 1, 0, 8000),
    ],
)
def test_the_fee_is_rounded_for_each_piece(
    price_fen: int, rate_bps: int, qty: int, fee_fen: int, line_fen: int
) -> None:
    assert service_fee(price_fen, fee_rate_bps=rate_bps) == fee_fen
    assert agreed_price(price_fen, fee_rate_bps=rate_bps) == price_fen + fee_fen
    assert agreed_price(price_fen, fee_rate_bps=rate_bps) * qty == line_fen


def test_the_pool_is_179_and_not_181() -> None:
    agreed = agreed_price(1000, fee_rate_bps=500)
    pool = commission_pool(10_000, agreed_price_fen=agreed, qty=2, total_rate_bps=10_000)
    assert pool == 17_900
    assert pool + agreed * 2 == 20_000, "what the buyer pays is the draw and the pool"


@pytest.mark.parametrize(
    ("sale_fen", "agreed_fen", "qty", "rate_bps", "pool_fen"),
    [
        (1050, 1050, 3, 10_000, 0),
        (1000, 1050, 3, 10_000, 0),  # sold at a loss: nothing to share, nobody pays in
        (1051, 1050, 1, 5_000, 1),
        (1051, 1050, 1, 4_999, 0),
        (2000, 1050, 2, 3_000, 570),
    ],
)
def test_the_pool_is_never_below_nothing(
    sale_fen: int, agreed_fen: int, qty: int, rate_bps: int, pool_fen: int
) -> None:
    assert commission_pool(sale_fen, agreed_price_fen=agreed_fen, qty=qty, total_rate_bps=rate_bps) == pool_fen


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (2100, "21.00"), (-2105, "-21.05"), (123_456_789, "1,234,567.89")]
)
def test_people_read_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text
