"""Each boundary that the law draws is asked in the file of its pack: the list of them, by citation and test."""

import pytest

from collections_rules import builtin_pack
from collections_rules.compile import parse_packs

ASKED: dict[str, dict[str, list[str]]] = {
    "kr.collections": {
        "채권추심법 §9 night: 20:59, ringing past 21:00, 21:00:00, 08:00:00": [
            "night: 21:00 is too late, 08:00:00 too early"
        ],
        "§9 a written request for 07:30": [
            "night: the debtor's own request for that time, and an answer to the debtor"
        ],
        "§9 repeated: 10:05 closed, 11:05 open": [
            "repeated contact, once a named person takes the figures: an hour, two after no answer, three a day"
        ],
        "개인채무자보호법 §16 the eighth; exactly 168 h": ["seven counted contacts, the oldest exactly 168 hours old"],
        "§16 texts, calls and mail": ["texts and calls share one counter, across collectors"],
        "§16 the third unanswered": [
            "six counted and two unanswered: the next may go, and unanswered it is the seventh"
        ],
        "§16 three hang-ups": ["hung up three times today: two are free, the third counts"],
        "§16 second plain notice": ["the second plain notice of a day counts"],
        "§16 an answer a day late": [
            "an answer on the day of the question is no contact, one on the next day is",
            "the same with one more answer that came a day late",
        ],
        "§16 bank four, agency three": ["the bank made four, the agency three: either one's next waits"],
        "§14 request, second request, heirs, ended": [
            "a first request for adjustment closes, a second does not",
            "every bar of a debt closes, and an ended procedure does not",
        ],
        "§15 Monday to Thursday; own loan; Friday before holidays": [
            "a notice on Monday frees Thursday, for an agency",
            "a bank's own loan needs no start notice, an acquired one does",
            "a notice on the Friday before three days of holiday",
        ],
        "§25 three business days after notice": ["outsourcing five business days after its notice"],
        "§17 three months, used ground, new ground, no ground": [
            "deferral runs to the end of the same day-number three months later",
            "a ground is used once, and another ground is new",
            "a ground that the act does not name is none",
        ],
        "§18 13:59:59 and 14:00; thirty hours; both means; no other": [
            "excluded hours are half-open",
            "thirty hours a week were asked for: the two over the limit are kept as courtesy",
            "telephone and text of one number excluded: mail is left",
            "an excluded number or means, unless none would be left",
        ],
        "채권추심법 §8의2 lender, bank, unreachable": ["a lawyer's notice binds a lender, not a bank"],
        "§8의3 switchboard, locate, guarantor": [
            "relatives are called only to find the debtor",
            "a guarantor counts as the debtor does, a relative does not",
        ],
        "§12 stay, discharge, filed": ["a stay and a discharge close under both acts"],
        "guideline: third of a date, same-day answer, second debt": [
            "the guideline's two a day, once a named person takes it: same-day answers are free, each debt has its own"
        ],
    },
    "kr.telesales": {
        "금융소비자보호법 §21의2③ 21:00:00, 08:00:00": ["sales: 21:00 is too late, 08:00:00 too early"],
        "§21의2③ asked for 21:30": ["a call asked for at 21:30 needs both permissions"],
        "§21의2② at once, by product; arrears": [
            "a refusal of contact holds for what it names",
            "arrears calls are not this pack's",
        ],
        "§21 제6호 가목": ["investment products need consent, the difficult ones are never offered unasked"],
        "정보통신망법 §50 text at 21:00, mail at 22:00": [
            "a text at 21:00 needs consent for the night, a mail does not, unless it offers a financial product"
        ],
        "§50⑧ two years and a day": [
            "consent confirmed two years and a day ago, once a named person takes the decree's two years"
        ],
        "방문판매법 §42 registered, bank loan, old copy": [
            "the general registry is for what is not a financial product",
            "lists older than a month, once a named person takes the 31 days",
        ],
    },
    "kr.calling": {"전기통신사업법 §84의2": ["a number that is not ours, and one that nobody knows of"]},
    "us.telemarketing": {
        "47 CFR 64.1200(c)(1) 20:59:59, 21:00:00": ["hours: 21:00 is closed, 08:00:00 open"],
        "New York number, Los Angeles; area code alone": [
            "hours: a New York number whose owner lives in Los Angeles",
            "hours: a New York prefix alone, and with an address elsewhere",
        ],
        "registry 31 and 32 days; request; 18 months and a day": [
            "registry: a copy of 31 days is good, one of 32 closes everything",
            "our own list holds from the day of the request, for customers too",
            "registry: consent, a purchase within 18 months, an inquiry within 3",
        ],
    },
    "us.tcpa": {
        "64.1200(a)(10) spoken, by mail, by hand": [
            "`stop calling` ends all automated calls at once; a call by hand stays"
        ],
        "64.1200(m)": ["the database of reassigned numbers"],
    },
    "us.reg-f": {
        "12 CFR 1006.6(b) 305 and Denver; Fridays; 22:00": [
            "hours: the same by the prefix and the address themselves",
            "not on Fridays",
            "hours: the consumer wrote `call me at 22:00`",
        ],
        "1006.14(b)(2)(i)(A) Monday; busy; Thursday; two debts; spacing": [
            "seven unanswered calls from Monday to Sunday: the eighth waits for Monday",
            "five answered without a conversation and two busy lines are five",
            "`call me Thursday`: that call is free, until we have talked",
            "two debts: fourteen calls",
            "three minutes after an unanswered call, once a named person takes the hour",
        ],
        "1006.14(b)(2)(i)(B) Tuesday; inbound; Thursday; voicemail": [
            "a talk on Tuesday frees the next Tuesday, only 158 hours later",
            "she called us: the same, for that debt alone",
            "she asked to be called back on Thursday, and not again after that",
            "a voicemail is no conversation",
        ],
        "1006.14(h), 6(c), 38": [
            "do not call my mobile: that number, or every call",
            "written cease, with the last notices left",
            "a dispute in time stops until verification was sent",
        ],
        "11 U.S.C. 362": ["bankruptcy binds the creditor too, and no count has to be reached"],
    },
    "us.massachusetts": {
        "940 CMR 7.04(1)(f)": [
            "two unanswered calls: the third waits for 168 hours and a second after the first",
            "a bank's call and a text: the next call waits",
            "a busy line counts, as the regulator's exception is narrow",
        ],
    },
    "us.state-sales": {
        "FL": [
            "Florida: three, of which the oldest leaves after 24 hours and a second",
            "Florida: 20:00 is closed, and the Panhandle has an hour of its own",
        ],
        "TX, AL, LA, NV CT KY, OK MD WA MA, OR, UT, MS": [
            "Texas: Sunday from noon",
            "Alabama: the Monday after a holiday on a Sunday",
            "Louisiana: an emergency closes at any hour, consent or not",
            "states that open at 9 or 10",
            "states that close at 20:00",
            "Oregon: texts count, customers are spared",
            "Oregon: the law of 2026",
            "Utah, once a named person takes the hours: no Sunday without consent",
            "Mississippi: half past eight in Central time",
        ],
    },
    "us.state-collections": {
        "DC": ["District of Columbia, once a named person takes it: three, the fourth waits"],
        "WA": ["Washington: the fourth contact of a week", "Washington: from 07:30 until 21:00"],
        "NYC": ["New York City, once a named person takes it: two calls and a mail, and an answer to the person"],
    },
    "uk.dialing": {
        "72 hours": [
            "abandoned on Monday at 10:00: no dialer before Thursday at 10:00, once a named person takes the 72 hours"
        ]
    },
    "uk.marketing": {
        "PECR reg. 21 first day, objection, 28 days": [
            "on the register: closed from the first day, open with the person's word",
            "an objection holds at once, whatever was agreed before",
            "a copy of 28 days is good, one of 29 refuses the campaign",
        ],
    },
    "uk.collections": {
        "CONC 7.9 after 16:00; 21:00; neighbour": [
            "a shift worker asked for after 16:00",
            "hours in summer time and in winter",
            "a neighbour hears nothing of a debt",
        ],
    },
    "ca.telemarketing": {
        "Saturday 09:59; Toronto to Vancouver": [
            "weekdays 9:00 to 21:30, weekends 10:00 to 18:00",
            "from Toronto to Vancouver",
        ],
    },
    "au.collections": {
        "Good Friday; three conversations; five unanswered": [
            "Good Friday",
            "three conversations this week",
            "five unanswered in a day, once a named person takes the hour",
        ],
    },
    "jp.collections": {
        "貸金業法 §21": [
            "night, once a named person has read the ordinance",
            "an attorney's notice, once a named person has read the act",
        ],
    },
    "india.collections": {
        "19:00:00, 07:59, after 17:00": [
            "from 8:00 until 19:00, half an hour beside the others' clocks",
            "a borrower who asked for after 17:00, once a named person has read the directions",
        ],
    },
    "eu.sales": {
        "UWG §7; AI Act art. 50; caller id": [
            "Germany: no documented consent, even at 10:00, once a named person has read the act",
            "an artificial voice from 2026-08-02 on",
        ]
    },
}


@pytest.mark.parametrize("name", ASKED)
def test_every_boundary_of_the_law_is_asked_in_the_file_of_its_pack(name: str) -> None:
    (pack,) = parse_packs([builtin_pack(name)])
    titles = {block.title.text.strip('"') for block in pack.tests}
    assert [title for asked in ASKED[name].values() for title in asked if title not in titles] == []
