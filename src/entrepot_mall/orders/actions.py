"""An order is paid, cancelled, refunded, and its buyer asks for an after-sale."""

from datetime import datetime

from django.db import transaction

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.orders import rules
from entrepot_mall.orders.models import AfterSale, Order, OrderState, Payment, Refund
from entrepot_mall.payments.port import Begun, Cashier, CashierError, Notice, Repayment
from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Deed


def keep_payment(order: Order, *, way: str, begun: Begun) -> Payment:
    """Keep that a payment was begun; begun again, what the buyer needs is replaced."""
    payment, _ = Payment.objects.update_or_create(
        order=order,
        way=way,
        defaults={
            "shop_id": order.shop_id,
            "amount_fen": order.total_fen,
            "reference": begun.reference,
            "shown": dict(begun.shown),
        },
    )
    return payment


def take_payment(order: Order, *, way: str, notice: Notice, now: datetime) -> bool:
    """The buyer's money is with the shop; the order is passed on as soon as the worker comes by.

    False when it was paid before. An order that lapsed meanwhile is taken up again: a buyer who paid is never dropped.
    Raises RefusedError when the amount is another one.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order.pk)
        if notice.amount_fen != order.total_fen:
            raise RefusedError("other_amount", came=notice.amount_fen, total=order.total_fen)
        if order.state not in (OrderState.UNPAID, OrderState.CANCELLED):
            _note_second_payment(order, way=way, notice=notice)
            return False
        Payment.objects.update_or_create(
            order=order,
            way=way,
            defaults={
                "shop_id": order.shop_id,
                "amount_fen": notice.amount_fen,
                "state": "paid",
                "reference": notice.reference,
                "paid_at": now,
            },
        )
        order.state, order.paid_at, order.next_pass_at = OrderState.PAID, now, now
        order.save(update_fields=["state", "paid_at", "next_pass_at"])
    return True


def _note_second_payment(order: Order, *, way: str, notice: Notice) -> None:
    """A buyer who paid twice, by two ways, has money to get back: it is written down once, for the shop to see."""
    known = {"way": way, "reference": notice.reference, "fen": notice.amount_fen}
    if Payment.objects.filter(order=order, state="paid", reference=notice.reference).exists():
        return
    if not Deed.objects.filter(shop_id=order.shop_id, what="paid_again", about=order.number, after=known).exists():
        record(order.shop, who=way, what="paid_again", about=order.number, after=known)


def cancel(order: Order) -> bool:
    """Let go of an order that was not paid; False when it was."""
    return bool(Order.objects.filter(pk=order.pk, state=OrderState.UNPAID).update(state=OrderState.CANCELLED))


def lapse(*, now: datetime) -> int:
    """Let go of every order whose time to pay is over."""
    return Order.objects.filter(state=OrderState.UNPAID, pay_until__lt=now).update(state=OrderState.CANCELLED)


def pass_on_again(order: Order, *, accepts_prices: bool, who: str, now: datetime) -> bool:
    """Try a paid order again now; with `accepts_prices` at whatever the platform asks today."""
    with transaction.atomic():
        changed = Order.objects.filter(pk=order.pk, state=OrderState.PAID, passing_since=None).update(next_pass_at=now)
        if changed and accepts_prices:
            order.lines.update(expected_fen=None)
        if changed:
            record(order.shop, who=who, what="pass_on", about=order.number, after={"accepts_prices": accepts_prices})
    return bool(changed)


def ask_refund(order: Order, *, amount_fen: int, reason: str, who: str, way: str) -> Refund:
    """Decide that money goes back to the buyer. Raises RefusedError; `make_refund` gives it.

    An order the platform does not have is not passed on any more once all of its money is decided to go back.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order.pk)
        left_fen = order.total_fen - order.refunded_fen
        code = rules.may_refund(
            state=order.state, is_passing=order.passing_since is not None, amount_fen=amount_fen, left_fen=left_fen
        )
        if code:
            raise RefusedError(code, left=left_fen)
        if order.state == OrderState.PAID and amount_fen != left_fen:
            raise RefusedError("all_or_nothing", left=left_fen)
        place = Refund.objects.filter(order=order).count() + 1
        refund = Refund.objects.create(
            shop_id=order.shop_id,
            order=order,
            number=f"{order.number}-R{place}",
            amount_fen=amount_fen,
            reason=reason[:200],
            way=way,
        )
        order.refunded_fen += amount_fen
        if order.state == OrderState.PAID:
            order.state, order.next_pass_at = OrderState.REFUNDED, None
        order.save(update_fields=["refunded_fen", "state", "next_pass_at"])
        record(
            order.shop, who=who, what="refund", about=order.number, after={"fen": amount_fen, "reason": reason[:200]}
        )
    return refund


def make_refund(refund: Refund, *, cashier: Cashier) -> bool:
    """Have the way the money came give it back; False when a person has to. Raises CashierError."""
    order = refund.order
    paid = order.payments.filter(state="paid").first()
    if paid is None:
        raise CashierError("nothing was paid")
    done = cashier.repay(
        Repayment(
            number=order.number,
            refund_number=refund.number,
            amount_fen=refund.amount_fen,
            total_fen=paid.amount_fen,
            reason=refund.reason,
            reference=paid.reference,
        )
    )
    if done.is_done:
        Refund.objects.filter(pk=refund.pk).update(state="done", reference=done.reference)
    return done.is_done


def confirm_refund(refund: Refund, *, reference: str, who: str) -> bool:
    """Somebody of the shop has transferred the money back."""
    with transaction.atomic():
        changed = Refund.objects.filter(pk=refund.pk, state="asked").update(state="done", reference=reference[:80])
        if changed:
            record(refund.shop, who=who, what="refund_made", about=refund.number, after={"reference": reference[:80]})
    return bool(changed)


def ask_aftersale(order: Order, *, kind: str, reason: str, note: str) -> AfterSale:
    """A buyer asks for an after-sale; one at a time. Raises RefusedError."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order.pk)
        if order.state not in (OrderState.PAID, OrderState.PASSED, OrderState.SHIPPED, OrderState.DONE):
            raise RefusedError("not_paid")
        if AfterSale.objects.filter(order=order, state="asked").exists():
            raise RefusedError("aftersale_waits")
        place = AfterSale.objects.filter(order=order).count() + 1
        return AfterSale.objects.create(
            shop_id=order.shop_id,
            order=order,
            number=f"{order.number}-A{place}",
            kind=kind,
            reason=reason,
            note=note[:300],
        )


def refuse_aftersale(aftersale: AfterSale, *, answer: str, who: str) -> bool:
    """The shop says no, with a reason."""
    with transaction.atomic():
        rows = AfterSale.objects.filter(pk=aftersale.pk, state="asked")
        changed = rows.update(state="refused", answer=answer[:300])
        if changed:
            record(
                aftersale.shop,
                who=who,
                what="aftersale_refused",
                about=aftersale.number,
                after={"answer": answer[:300]},
            )
    return bool(changed)
