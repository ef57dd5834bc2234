"""Articles on which a regulator may stop a procedure or let it go on, to choose from.

Another one may be written: what is chosen is recorded with the ground, and answered for.
Source: domain.md 7.3; 实施条例 第62条; 政府采购法 第57条; 电子招标投标办法 第48条、第52条.
"""

from collections.abc import Mapping, Sequence

from trading.states import Regime

ARTICLES: Mapping[Regime, Sequence[str]] = {
    Regime.CONSTRUCTION: (
        "招标投标法实施条例 第62条",
        "招标投标法 第7条",
        "电子招标投标办法 第48条",
        "电子招标投标办法 第52条",
    ),
    Regime.GOVPROC: ("政府采购法 第57条", "政府采购法 第59条", "政府采购法实施条例 第56条"),
}
