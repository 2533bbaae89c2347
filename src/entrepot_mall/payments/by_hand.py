"""Ways to pay without a service: a bank transfer a person confirms, and the test cashier of a trial."""

from entrepot_mall.payments.port import Begun, Charge, Repaid, Repayment


class BankTransfer:
    """The buyer transfers to the shop's account; somebody of the shop confirms that it came."""

    way = "bank"

    def __init__(self, account: str) -> None:
        self._account = account

    def begin(self, charge: Charge) -> Begun:
        """Show the account; the order number is the purpose by which the shop finds the transfer."""
        return Begun(shown={"account": self._account, "purpose": charge.number})

    def repay(self, repayment: Repayment) -> Repaid:
        """A person transfers it back and says so."""
        del repayment
        return Repaid(is_done=False)


class TestCashier:
    """Takes no money at all. A shop that offers it says so on every page."""

    __test__ = False  # no test, whatever its name says
    way = "test"

    def begin(self, charge: Charge) -> Begun:
        """A button is all there is."""
        return Begun(shown={"button": charge.number})

    def repay(self, repayment: Repayment) -> Repaid:
        """Nothing was taken, nothing has to go back."""
        return Repaid(is_done=True, reference=f"test-{repayment.refund_number}")
