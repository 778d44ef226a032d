"""Every book of the back office, put together on one database."""

from dataclasses import dataclass
from typing import Self

from backoffice.accounts import AccountsBook
from backoffice.audits import Audits
from backoffice.backorders import BackorderBook
from backoffice.bookings import BookingBook
from backoffice.callbacks import CallbackBook
from backoffice.cases import CaseBook
from backoffice.catalogue import CatalogueBook
from backoffice.claims import ClaimBook
from backoffice.complaints import ComplaintBook
from backoffice.data_keys import DataKeyBook
from backoffice.database import Database
from backoffice.dispute_pages import DisputePages
from backoffice.disputes import DisputeBook
from backoffice.engine_checks import EngineCheckBook
from backoffice.erasure import ErasureBook
from backoffice.facts import StepFacts
from backoffice.handoffs import HandoffBook
from backoffice.inbox import InboxBook
from backoffice.intake import IntakeBook
from backoffice.labels import LabelBook
from backoffice.ledgers import MoneyLedger
from backoffice.mails import MailOutboxBook
from backoffice.movements import MovementBook
from backoffice.moves import MoveBook
from backoffice.paperwork import PaperworkBook
from backoffice.prints import PrintQueue
from backoffice.records import RecordBook
from backoffice.refunds import RefundBook
from backoffice.remains import RemainsBook
from backoffice.replacement_orders import ReplacementBook
from backoffice.reports import ReportBook
from backoffice.restores import RestoreBook
from backoffice.reviews import ReviewBook
from backoffice.search import OrderSearch
from backoffice.shops import ShopBook
from backoffice.stock import StockBook
from backoffice.substitutions import SubstitutionBook
from backoffice.sweeps import Sweeps
from backoffice.tracking import TrackingBook
from backoffice.warehouses import WarehouseBook


@dataclass(frozen=True)
class Books:
    """One book for each capability; all share the database's pool of connections."""

    database: Database
    accounts: AccountsBook
    audits: Audits
    backorders: BackorderBook
    bookings: BookingBook
    callbacks: CallbackBook
    cases: CaseBook
    catalogue: CatalogueBook
    claims: ClaimBook
    complaints: ComplaintBook
    data_keys: DataKeyBook
    dispute_pages: DisputePages
    disputes: DisputeBook
    engine_checks: EngineCheckBook
    erasure: ErasureBook
    facts: StepFacts
    handoffs: HandoffBook
    inbox: InboxBook
    intake: IntakeBook
    labels: LabelBook
    mails: MailOutboxBook
    money: MoneyLedger
    movements: MovementBook
    moves: MoveBook
    paperwork: PaperworkBook
    prints: PrintQueue
    records: RecordBook
    refunds: RefundBook
    remains: RemainsBook
    reports: ReportBook
    replacements: ReplacementBook
    restores: RestoreBook
    reviews: ReviewBook
    search: OrderSearch
    shops: ShopBook
    stock: StockBook
    substitutions: SubstitutionBook
    sweeps: Sweeps
    tracking: TrackingBook
    warehouses: WarehouseBook

    @classmethod
    def over(cls, database: Database) -> Self:
        """All books over one database."""
        return cls(
            database=database,
            accounts=AccountsBook(database),
            audits=Audits(database),
            backorders=BackorderBook(database),
            bookings=BookingBook(database),
            callbacks=CallbackBook(database),
            cases=CaseBook(database),
            catalogue=CatalogueBook(database),
            claims=ClaimBook(database),
            complaints=ComplaintBook(database),
            data_keys=DataKeyBook(database),
            dispute_pages=DisputePages(database),
            disputes=DisputeBook(database),
            engine_checks=EngineCheckBook(database),
            erasure=ErasureBook(database),
            facts=StepFacts(database),
            handoffs=HandoffBook(database),
            inbox=InboxBook(database),
            intake=IntakeBook(database),
            labels=LabelBook(database),
            mails=MailOutboxBook(database),
            money=MoneyLedger(database),
            movements=MovementBook(database),
            moves=MoveBook(database),
            paperwork=PaperworkBook(database),
            prints=PrintQueue(database),
            records=RecordBook(database),
            refunds=RefundBook(database),
            remains=RemainsBook(database),
            reports=ReportBook(database),
            replacements=ReplacementBook(database),
            restores=RestoreBook(database),
            reviews=ReviewBook(database),
            search=OrderSearch(database),
            shops=ShopBook(database),
            stock=StockBook(database),
            substitutions=SubstitutionBook(database),
            sweeps=Sweeps(database),
            tracking=TrackingBook(database),
            warehouses=WarehouseBook(database),
        )
