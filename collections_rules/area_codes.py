"""North American area codes: the places they stand for, and the zones their owners may be in.

Area codes, places and zones are those of the numbering administrator's report of November 2025, with what it lacks:
930 is split as 812 is, 986 as 208; all of British Columbia but 604 and all of Newfoundland and Labrador have two
zones. A code that is split between zones is evidence for all of them, because people keep their numbers when they
move within it. Codes that belong to no place (800, 500, 700 and their kin) are not here: they are evidence of nothing.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

__all__ = ["AREA_CODES"]

_ZONES = {
    "E": ("America/New_York",),
    "C": ("America/Chicago",),
    "M": ("America/Denver",),
    "P": ("America/Los_Angeles",),
    "EC": ("America/New_York", "America/Chicago"),
    "CM": ("America/Chicago", "America/Denver"),
    "MP": ("America/Denver", "America/Los_Angeles"),
    "A": ("America/Halifax",),
    "ID": ("America/Boise", "America/Los_Angeles"),
    "AZ": ("America/Phoenix",),
    "AZM": ("America/Phoenix", "America/Denver"),  # the Navajo Nation keeps summer time
    "AK": ("America/Anchorage", "America/Adak"),
    "HI": ("Pacific/Honolulu",),
    "PR": ("America/Puerto_Rico",),
    "VI": ("America/Puerto_Rico",),
    "GU": ("Pacific/Guam",),
    "MP_": ("Pacific/Guam",),
    "AS": ("Pacific/Pago_Pago",),
    "JM": ("America/Jamaica",),
    "BC": ("America/Vancouver", "America/Edmonton"),
    "SK": ("America/Regina",),
    "NL": ("America/St_Johns", "America/Goose_Bay"),
    "YT": ("America/Whitehorse", "America/Edmonton", "America/Winnipeg", "America/Toronto"),
}

_CODES = """
AB M 368 403 587 780 825
AIA PR 264
AK AK 907
AL C 205 251 256 334 483 659 938
AR C 327 479 501 870
AS AS 684
ATG PR 268
AZ AZ 480 520 602 623
AZ AZM 928
BC BC 236 250 257 672 778
BC P 604
BHS E 242
BMU PR 441
BRB PR 246
CA P 209 213 279 310 323 341 350 357 369 408 415 424 442 510 530 559 562 619 626 628 650 657 661 669 707 714 738 747
  760 805 818 820 831 837 840 858 909 916 925 949 951
CO M 303 719 720 748 970 983
CT E 203 475 860 959
CYM JM 345
DC E 202 771
DE E 302
DMA PR 767
DOM PR 809 829 849
FL E 239 305 321 324 352 386 407 561 645 656 689 727 728 754 772 786 813 863 904 941 954
FL EC 448 850
GA E 229 404 470 478 565 678 706 762 770 912 943
GRD PR 473
GU GU 671
HI HI 808
IA C 319 515 563 641 712
ID ID 208 986
IL C 217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 861 872
IN E 260 317 463 765
IN EC 219 574 812 930
JAM JM 658 876
KNA PR 869
KS C 316 913
KS CM 620 785
KY E 502 761 859
KY EC 270 364 606
LA C 225 318 337 457 504 985
LCA PR 758
MA E 339 351 413 508 617 774 781 857 978
MB C 204 431 584
MD E 227 240 301 410 443 667
ME E 207
MI E 231 248 269 313 517 586 616 679 734 810 947 989
MI EC 906
MN C 218 320 507 612 651 763 924 952
MO C 235 314 417 557 573 636 660 816 975
MP MP_ 670
MS C 228 471 601 662 769
MSR PR 664
MT M 406
NB A 428 506
NC E 252 336 472 704 743 828 910 919 980 984
ND CM 701
NE C 402 531
NE CM 308
NH E 603
NJ E 201 551 609 640 732 848 856 862 908 973
NL NL 709 879
NM M 505 575
NS-PE A 782 902
NV MP 775
NV P 702 725
NY E 315 329 363 516 518 585 607 624 631 680 716 838 845 914 934
NYC E 212 332 347 465 646 718 917 929
OH E 216 220 234 283 326 330 380 419 436 440 513 567 614 740 937
OK C 405 539 572 580 918
ON E 226 249 289 343 365 382 416 437 519 548 613 647 683 705 742 753 905 942
ON EC 807
OR MP 458 541
OR P 503 971
PA E 215 223 267 272 412 445 484 570 582 610 717 724 814 835 878
PR PR 787 939
QC E 263 273 354 367 418 438 450 468 514 579 581 819 873
RI E 401
SC E 803 821 839 843 854 864
SD CM 605
SK SK 306 474 639
SXM PR 721
TCA E 649
TN C 615 629 731 901
TN E 865
TN EC 423 729 931
TTO PR 868
TX C 210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 903 936 940 945 956 972 979
TX CM 915
UT M 385 435 801
VA E 276 434 540 571 686 703 757 804 826 948
VCT PR 784
VGB PR 284
VI VI 340
VT E 802
WA P 206 253 360 425 509 564
WI C 262 274 353 414 534 608 715 920
WV E 304 681
WY M 307
YT-NT-NU YT 867
"""


def _read() -> Iterator[tuple[str, tuple[frozenset[str], tuple[str, ...]]]]:
    # A line that begins with blanks goes on with the codes of the one above.
    for line in _CODES.strip().replace("\n  ", " ").split("\n"):
        places, zones, *codes = line.split()
        named = frozenset(places.split("-")) | ({"NY"} if places == "NYC" else frozenset())
        yield from ((code, (named, _ZONES[zones])) for code in codes)


AREA_CODES: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = MappingProxyType(dict(_read()))
"""By area code: the places (`NY` and `NYC` for 212) and the zones."""
