"""What comes after an order, as methods of the asynchronous client."""

from typing import TypeVar

from entrepot_sdk import paper_calls
from entrepot_sdk.calls import Call
from entrepot_sdk.papers import (
    AfterSale,
    AfterSaleQuestion,
    Carrier,
    NewAfterSale,
    NewRecharge,
    Outlook,
    Recharge,
    Statement,
    StatementLines,
    Upload,
)
from entrepot_sdk.shapes import Consignee, Order, Page

Answer = TypeVar("Answer")


class AsyncPapers:
    """After-sales, uploads, top-ups and statements; the client inherits them."""

    async def send(self, call: Call[Answer]) -> Answer:
        """Carry out a call."""
        raise NotImplementedError

    async def check_aftersale(self, asked: AfterSaleQuestion) -> Outlook:
        """What would become of an after-sale; nothing is kept."""
        return await self.send(paper_calls.check_aftersale(asked))

    async def create_aftersale(self, wanted: NewAfterSale) -> AfterSale:
        """Ask for an after-sale the buyer's wish for which was agreed to; `replayed` is true when the number had taken effect."""
        return await self.send(paper_calls.create_aftersale(wanted))

    async def aftersales_page(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        out_order_no: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[AfterSale]:
        """One page of this distributor's after-sales, newest first."""
        return await self.send(
            paper_calls.aftersales(state=state, kind=kind, out_order_no=out_order_no, cursor=cursor, limit=limit)
        )

    async def aftersale(self, aftersale_id: str) -> AfterSale:
        """One after-sale."""
        return await self.send(paper_calls.aftersale(aftersale_id))

    async def aftersale_by_out_no(self, out_refund_no: str) -> AfterSale:
        """One after-sale by the mall's own number."""
        return await self.send(paper_calls.aftersale_by_out_no(out_refund_no))

    async def return_shipment(self, aftersale_id: str, *, carrier: str, tracking_no: str) -> AfterSale:
        """Name the parcel in which the buyer sends the goods back."""
        return await self.send(
            paper_calls.aftersale_verb(
                aftersale_id, verb="return-shipment", body={"carrier": carrier, "tracking_no": tracking_no}
            )
        )

    async def withdraw_aftersale(self, aftersale_id: str) -> AfterSale:
        """Take an after-sale back before anything of it has moved."""
        return await self.send(paper_calls.aftersale_verb(aftersale_id, verb="withdraw"))

    async def accept_offer(self, aftersale_id: str, *, version: int) -> AfterSale:
        """Agree to what is offered for a claim; `version` is that of the claim which was read."""
        return await self.send(paper_calls.aftersale_verb(aftersale_id, verb="claim/accept", body={"version": version}))

    async def counter_offer(self, aftersale_id: str, *, amount: int, version: int) -> AfterSale:
        """Answer what is offered for a claim with another amount (fen)."""
        return await self.send(
            paper_calls.aftersale_verb(aftersale_id, verb="claim/counter", body={"amount": amount, "version": version})
        )

    async def upload(self, picture: bytes, *, media_type: str = "image/jpeg") -> Upload:
        """Send a picture ahead (8 MB at most); the same bytes are one upload."""
        return await self.send(paper_calls.upload(picture, media_type=media_type))

    async def picture(self, upload_id: str) -> bytes:
        """A picture that was sent ahead, as it is kept (WebP)."""
        raw = await self.send(paper_calls.picture(upload_id))
        return bytes(raw)

    async def create_recharge(self, wanted: NewRecharge) -> Recharge:
        """Say that the mall has paid; `replayed` is true when the number had taken effect."""
        return await self.send(paper_calls.create_recharge(wanted))

    async def recharges_page(
        self, *, state: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[Recharge]:
        """One page of the top-ups, newest first."""
        return await self.send(paper_calls.recharges(state=state, cursor=cursor, limit=limit))

    async def recharge(self, recharge_id: str) -> Recharge:
        """One top-up."""
        return await self.send(paper_calls.recharge(recharge_id))

    async def recharge_by_out_no(self, out_recharge_no: str) -> Recharge:
        """One top-up by the mall's own number."""
        return await self.send(paper_calls.recharge_by_out_no(out_recharge_no))

    async def statements_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[Statement]:
        """One page of the monthly statements, newest first."""
        return await self.send(paper_calls.statements(cursor=cursor, limit=limit))

    async def statement(
        self, statement_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> StatementLines:
        """A statement with one page of its movements."""
        return await self.send(paper_calls.statement(statement_id, cursor=cursor, limit=limit))

    async def statement_csv(self, statement_id: str) -> bytes:
        """All movements of a statement as CSV."""
        raw = await self.send(paper_calls.statement_csv(statement_id))
        return bytes(raw)

    async def carriers(self) -> list[Carrier]:
        """The carriers and their codes."""
        return (await self.send(paper_calls.carriers())).items

    async def change_address(self, order_id: str, consignee: Consignee) -> Order:
        """Send an order elsewhere before anything of it was sent."""
        return await self.send(paper_calls.change_address(order_id, consignee=consignee))
