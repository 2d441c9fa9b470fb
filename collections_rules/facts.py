"""Every name a rule may read: its type, its words, its meaning and what it is when nothing is wrong.

The vocabulary is closed. A rule that reads a name which is not in `FACT_TABLE` does
not compile, and a fact without a value is unknown, which closes the gate that reads it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType

from attrs import field, frozen

from collections_rules.places import PLACES
from collections_rules.words import CHANNELS, CONTENTS, ROLES

__all__ = ["FACT_TABLE", "FactKind", "FactSpec", "FactValue", "Facts", "check_values", "clean_facts"]

FactValue = bool | int | float | str | date | datetime | frozenset[str]
"""A value a rule may read. Hours are a set of texts such as `Mon-Fri 09:00-14:00`."""


class FactKind(Enum):
    """What kind of value a fact has, in the words that diagnostics use."""

    FLAG = "yes/no"
    WORD = "a word"
    NUMBER = "a number"
    DATE = "a date"
    DATETIME = "a moment"
    HOURS = "hours of the week"
    SET = "a list"
    TEXT = "a text"


@frozen
class FactSpec:
    """One row of the vocabulary. `clean` is the value when nothing is wrong; None: there is no such value."""

    name: str
    kind: FactKind
    meaning_ko: str
    meaning_en: str
    words: tuple[str, ...] = ()
    """For a word, and for the entries of a list: all that are allowed. Empty: any text."""
    unit: str = ""
    clean: FactValue | None = None


def _aware(_facts: object, _field: object, at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"`at` must be an aware datetime, got {at!r}")


@frozen
class Facts:
    """What is known about one call that might be placed at one instant."""

    at: datetime = field(validator=_aware)
    """The instant of dialing, aware UTC."""
    values: Mapping[str, FactValue]
    """By the names of `FACT_TABLE`. A name that is missing is unknown."""
    zones: frozenset[str]
    """IANA zones in which the person may be. Empty is unknown."""
    person_id: str
    claim_ids: tuple[str, ...]
    number_id: str
    campaign_id: str
    ring_s: float = 0.0
    """Longest the call may still ring; calling hours are asked for its last second too."""


_NO_NAMES: frozenset[str] = frozenset()
_PRODUCTS = (
    "deposit", "loan", "card", "insurance", "investment", "pension", "other_financial",
    "claims_management", "non_financial",
)  # fmt: skip
_MEANS = CHANNELS


def _flag(name: str, ko: str, en: str, clean: bool | None = False) -> FactSpec:
    return FactSpec(name, FactKind.FLAG, ko, en, clean=clean)


def _word(name: str, words: tuple[str, ...], ko: str, en: str, clean: str | None = None) -> FactSpec:
    return FactSpec(name, FactKind.WORD, ko, en, words=words, clean=clean)


def _date(name: str, ko: str, en: str) -> FactSpec:
    return FactSpec(name, FactKind.DATE, ko, en)


def _moment(name: str, ko: str, en: str) -> FactSpec:
    return FactSpec(name, FactKind.DATETIME, ko, en)


def _number(name: str, unit: str, ko: str, en: str, clean: int | None = None) -> FactSpec:
    return FactSpec(name, FactKind.NUMBER, ko, en, unit=unit, clean=clean)


def _set(
    name: str, ko: str, en: str, words: tuple[str, ...] = (), clean: frozenset[str] | None = _NO_NAMES
) -> FactSpec:
    return FactSpec(name, FactKind.SET, ko, en, words=words, clean=clean)


def _text(name: str, ko: str, en: str) -> FactSpec:
    return FactSpec(name, FactKind.TEXT, ko, en)


_PERSON = (
    _flag("person.deceased", "사망", "the person has died"),
    _word("person.attorney", ("none", "known", "notified_in_writing"), "변호사 선임", "represented by a lawyer",
          "none"),
    _word(
        "person.hardship", ("none", "disaster", "medical", "wedding", "death"),
        "추심연락 유예 사유", "ground for deferral that the person confirmed", "none",
    ),
    _date("person.hardship_confirmed", "유예 사유 확인일", "the day the ground was confirmed"),
    _date("person.deferral_end", "유예 종료일", "last day of an agreed deferral"),
    _set("person.hardships_used", "이미 사용한 유예 사유", "grounds of deferral already used",
         ("medical", "wedding", "death")),
    FactSpec("person.excluded_hours", FactKind.HOURS, "연락 제한 시간대", "hours the person excluded", clean=_NO_NAMES),
    _set("person.excluded_numbers", "연락 제한 번호", "number ids the person excluded"),
    _set("person.excluded_means", "연락 제한 수단", "means and address the person excluded, as `call:NUMBER_ID`"),
    _flag("person.no_other_means", "다른 연락 수단 없음", "no other means of contact would remain", False),
    _word("person.whereabouts", ("known", "lost"), "소재", "whether the person can be located", "known"),
    _set("person.refused_channels", "거부한 연락 방법", "channels the person refused", CHANNELS),
    _set("person.refused_numbers", "거부한 번호", "number ids the person refused"),
    _set("person.refused_products", "연락금지 요구 상품", "products about which the person refuses sales contact",
         _PRODUCTS),
    _flag("person.no_call", "연락금지 요구(전체)", "asked for no sales contact at all"),
    _flag("person.opted_out", "수신 거부", "asked us to stop"),
    _flag("person.refused_offer", "권유 거절", "refused this offer"),
    _date("person.refused_offer_on", "권유 거절일", "the day the offer was refused"),
    _word("person.consent", ("none", "verbal", "written"), "마케팅 동의", "consent to be called for sales", "written"),
    _word("person.ad_consent", ("none", "given", "withdrawn"),
          "광고성 정보 수신 동의", "consent to advertising by electronic means", "given"),
    _word("person.automated_consent", ("none", "given", "written", "revoked"),
          "자동 발신 동의", "consent to calls by autodialer or recorded voice", "written"),
    _flag("person.night_ad_consent", "야간 광고 수신 동의", "separate consent to advertising at night", False),
    _date("person.ad_consent_confirmed", "수신 동의 확인일", "the day the advertising consent was last confirmed"),
    _date("person.purchase", "최근 거래일", "the last purchase or transaction"),
    _flag("person.personal_relationship", "개인적 친분", "a personal relationship with the caller", False),
    _word("person.cease", ("none", "received_in_writing"), "연락 중단 요구", "written demand to cease", "none"),
    _flag("person.in_emergency_area", "재난 선포 지역", "a state of emergency is declared where the person is"),
    _flag("person.employer_forbids", "직장 수신 금지", "the employer forbids such calls"),
    _flag("person.no_work_calls", "직장 연락 거부", "asked not to be called at work"),
    _text("person.household", "가구 식별", "the household, where caps are counted per household; alone when unknown"),
    _text("person.stated_zone", "본인이 밝힌 시간대", "the time zone the person stated"),
    _flag("attorney.consented", "변호사 동의", "the lawyer agreed to direct contact", False),
    _flag("attorney.unreachable", "변호사 연락 불가", "the lawyer cannot be reached", False),
    _moment("attorney.silent", "변호사 무응답 시작", "since when the lawyer has not answered"),
)  # fmt: skip

_DEBT = (
    _word("debt.kind", ("consumer", "business", "telecom", "rent", "other"), "채권 종류", "kind of debt", "consumer"),
    _word("debt.origin", ("own_loan", "assigned", "subrogation", "other"), "채권 취득 경위", "how the debt arose",
          "own_loan"),
    _number("debt.dpd", "days", "연체일수", "days past due"),
    _number("debt.balance", "minor units", "채무 잔액", "what is owed"),
    _date("debt.start_notice", "착수통지 도달일", "the day the start notice arrived"),
    _date("debt.outsourcing_notice", "위탁통지 도달일", "the day the outsourcing notice arrived"),
    _word("debt.adjustment", ("none", "requested", "agreed", "ended"),
          "채무조정(금융회사)", "debt adjustment at the creditor", "none"),
    _number("debt.adjustment_requests", "requests", "채무조정 요청 횟수", "adjustments asked of the creditor", 0),
    _word("debt.public_adjustment", ("none", "requested", "agreed"),
          "채무조정(신용회복위원회)", "adjustment at the public committee", "none"),
    _word("debt.suit", ("none", "pending"), "소송", "suit on existence or amount", "none"),
    _word("debt.certificate", ("none", "asked_not_given", "given"), "채무확인서", "certificate of the debt", "none"),
    _word("debt.rehabilitation", ("none", "filed", "opened", "stayed", "enjoined"), "개인회생",
          "individual rehabilitation", "none"),
    _flag("debt.discharged", "면책", "discharged"),
    _word("debt.heirs", ("none", "unsettled", "settled", "renounced"), "상속", "inheritance after a death", "none"),
    _word("debt.documents", ("complete", "missing"), "원인서류", "source documents", "complete"),
    _flag("debt.identity_dispute", "명의도용 분쟁", "dispute about identity theft or fraud"),
    _word("debt.creditor_change", ("none", "reported", "unreported"), "채권자 변동정보", "change of creditor", "none"),
    _flag("debt.other_agency", "다른 추심회사 위임", "another collection agency is mandated for this debt"),
    _flag("debt.fsc_listed", "금융위 고시 채권", "listed by the regulator as not to be collected"),
    _word("debt.dispute", ("none", "received_in_validation_period", "other"), "이의", "dispute", "none"),
    _moment("debt.verification_sent", "확인자료 발송", "when verification was sent"),
    _word("debt.bankruptcy", ("none", "stay", "codebtor_stay", "discharged"), "파산", "bankruptcy", "none"),
    _word("promise.state", ("none", "open", "kept", "broken"), "납부 약속 상태", "promise to pay", "none"),
    _date("promise.due", "납부 약속일", "the day the promised payment is due"),
    _text("value.tier", "고객 등급", "value tier as the list names it"),
    _number("value.next_call", "minor units", "다음 통화 기대값", "expected value of the next call"),
    _word("reading.kr_unanswered_counts", ("strict", "after_quota", "never"),
          "부재중 전화 산입 방식", "how unanswered calls count in the Korean seven", "after_quota"),
)  # fmt: skip

_CALL = (
    _word("collector.kind",
          ("original_creditor", "agency", "commissioned", "loan_buyer", "money_lender", "debt_collector"),
          "추심 주체", "who collects", "original_creditor"),
    _text("collector.id", "추심자 식별", "the collector whose own contacts are counted; `own` when unknown"),
    _word("callee.role", ROLES, "수신자 관계", "who owns the number", "debtor"),
    _word("call.purpose", ("collection", "locate", "notice", "reminder", "sales", "service", "survey"),
          "통화 목적", "what the call is for", "collection"),
    _word("call.content", CONTENTS, "통화 내용", "what will be said", "demand"),
    _word("call.means", _MEANS, "연락 수단", "the channel of this contact", "call"),
    _text("call.identifier", "연락처 식별", "number id or address of this contact"),
    _text("call.topic", "주제", "what the call is about, where caps are counted per topic"),
    _word("call.dialing", ("manual", "agent_reserved", "predictive"),
          "발신 방식", "how the call is dialed; `agent_reserved`: an agent is held for it", "predictive"),
    _word("call.voice", ("live", "recorded"), "통화 음성", "an agent, or a recorded or artificial voice", "live"),
    _flag("call.caller_id_owned", "발신번호 등록", "the number shown is ours, registered and called back", True),
    _flag("call.says_it_is_ai", "인공지능 고지", "an artificial voice says at once that it is one", True),
    _flag("call.asked_for_now", "이 시각 연락 요청", "the person asked to be called at this time", False),
    _flag("call.answers_inbound", "수신 연락에 대한 응답", "this answers the person's own contact", False),
    _word("number.kind", ("mobile", "home", "work", "personal", "other"), "번호 종류", "kind of number", "mobile"),
    _text("number", "번호", "the id of the number dialled"),
    _word("number.reassigned", ("kept", "reassigned", "no_data"),
          "번호 재배정", "what the database of reassigned numbers answered", "kept"),
    _flag("number.on_dnc", "두낫콜(FTC) 등록", "on the general do-not-call registry"),
    _flag("number.on_finance_no_call", "금융권 두낫콜 등록", "on the financial sector's no-call registry"),
    _flag("work.allowed", "직장 연락 허용", "calls at work were allowed", False),
    _date("dnc_list", "두낫콜 명단 기준일", "date of the do-not-call list in use"),
    _word("product.kind", _PRODUCTS, "상품 종류", "what is offered"),
    _flag("product.high_difficulty", "고난도 상품", "over-the-counter, private fund or other high-difficulty product"),
    _moment("callback.due", "약속한 통화 시각", "the moment at which the person asked to be called"),
    _moment("lead.received", "접수 시각", "when the lead came in"),
    _date("lead.inquiry", "문의일", "the last inquiry"),
    _moment("consent.direct", "직접 동의 시각", "consent given directly for a call"),
    _set("evidence", "소재 증거 지역", "places the evidence names, as `FL`, `ON`, `NYC` or `KOR`", PLACES, None),
)  # fmt: skip

FACT_TABLE: Mapping[str, FactSpec] = MappingProxyType({spec.name: spec for spec in (*_PERSON, *_DEBT, *_CALL)})
"""The whole vocabulary, by name."""

_CLEAN: Mapping[str, FactValue] = MappingProxyType(
    {spec.name: spec.clean for spec in FACT_TABLE.values() if spec.clean is not None}
)


def clean_facts() -> Mapping[str, FactValue]:
    """An account with no flag raised and consent given: the own loan of a living, unrepresented debtor.

    What tests take for fields they do not mention. A list may be read on top of
    this only when somebody says so: nothing here is assumed by itself.

    >>> clean_facts()["person.attorney"], "debt.start_notice" in clean_facts()
    ('none', False)
    """
    return _CLEAN


_TYPES: Mapping[FactKind, tuple[type, ...]] = {
    FactKind.FLAG: (bool,),
    FactKind.WORD: (str,),
    FactKind.TEXT: (str,),
    FactKind.NUMBER: (int, float),
    FactKind.DATE: (date,),
    FactKind.DATETIME: (datetime, date),
    FactKind.HOURS: (frozenset,),
    FactKind.SET: (frozenset,),
}


def check_values(values: Mapping[str, FactValue]) -> tuple[str, ...]:
    """What is wrong with these values, one sentence each; empty when a rule can read them all."""
    return tuple(message for name, value in values.items() if (message := _fault(name, value)))


def _fault(name: str, value: FactValue) -> str:
    spec = FACT_TABLE.get(name)
    if spec is None:
        return f"unknown fact `{name}`"
    is_flag = isinstance(value, bool)
    if not isinstance(value, _TYPES[spec.kind]) or is_flag != (spec.kind is FactKind.FLAG):
        return f"`{name}` is {spec.kind.value}, not `{value}`"
    if spec.words:
        found = value if isinstance(value, frozenset) else {value}
        strange = sorted(str(word) for word in found if word not in spec.words)
        if strange:
            return f"`{name}` cannot be `{strange[0]}`; its words are {', '.join(spec.words)}"
    return ""
