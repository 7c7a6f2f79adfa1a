"""The place: divisions, trades, names and departments of the synthetic district.

All shares are shares of enterprises.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple


class District(NamedTuple):
    """A division of Quzhou; ``mark`` stands in document numbers."""

    code: str
    name: str
    mark: str
    share: float
    townships: int


DISTRICTS = (
    District("330802", "柯城区", "柯", 0.25, 18),
    District("330803", "衢江区", "衢", 0.16, 20),
    District("330822", "常山县", "常", 0.12, 14),
    District("330824", "开化县", "开", 0.11, 14),
    District("330825", "龙游县", "龙", 0.16, 15),
    District("330881", "江山市", "江", 0.20, 19),
)
ZONES = ("330899-Z1", "330899-Z2")
"""Functional zones that supervise without registering anybody."""


class Industry(NamedTuple):
    """A division of GB/T 4754 with its section letter; a noun for names, its share, risk and fields."""

    code: str
    noun: str
    share: float
    risk: float
    fields: tuple[str, str, str]


INDUSTRIES = (
    Industry("F52", "便利店", 0.20, -0.10, ("market", "food", "fire")),
    Industry("F51", "商贸", 0.13, -0.15, ("market", "tax", "credit")),
    Industry("H62", "餐饮", 0.12, 0.40, ("food", "public_health", "fire")),
    Industry("C13", "农产品加工", 0.05, 0.25, ("food", "work_safety", "environment")),
    Industry("C14", "食品制造", 0.04, 0.35, ("food", "special_equipment", "ip")),
    Industry("C26", "化工", 0.03, 0.55, ("hazardous_chemicals", "environment", "work_safety")),
    Industry("C30", "新型建材", 0.03, 0.20, ("environment", "work_safety", "special_equipment")),
    Industry("C33", "金属制品", 0.04, 0.15, ("work_safety", "special_equipment", "environment")),
    Industry("C38", "电气机械", 0.03, 0.00, ("work_safety", "ip", "science_technology")),
    Industry("D44", "能源服务", 0.01, 0.00, ("special_equipment", "work_safety", "environment")),
    Industry("E47", "建筑工程", 0.05, 0.45, ("construction", "work_safety", "labour")),
    Industry("G54", "道路运输", 0.05, 0.35, ("transport", "work_safety", "labour")),
    Industry("I65", "软件", 0.04, -0.35, ("science_technology", "ip", "tax")),
    Industry("J66", "金融服务", 0.01, -0.10, ("finance", "market", "credit")),
    Industry("K70", "房地产", 0.02, 0.20, ("construction", "finance", "market")),
    Industry("L72", "商务服务", 0.06, -0.25, ("market", "labour", "ip")),
    Industry("O80", "居民服务", 0.04, 0.05, ("public_health", "market", "fire")),
    Industry("Q84", "门诊部", 0.02, 0.10, ("drugs", "medical_devices", "medical_insurance")),
    Industry("R90", "文娱", 0.02, 0.15, ("culture_tourism", "fire", "public_health")),
    Industry("A01", "种植", 0.01, -0.20, ("food", "market", "environment")),
)


class EntityType(NamedTuple):
    """A type of subject: prefix of its code, share, ending of its name, shares of sizes (micro … large)."""

    code: str
    prefix: str
    share: float
    ending: str
    sizes: tuple[float, float, float, float]


ENTITY_TYPES = (
    EntityType("company", "91", 0.600, "有限公司", (0.62, 0.28, 0.08, 0.02)),
    EntityType("sole_trader", "92", 0.300, "店", (0.96, 0.04, 0.0, 0.0)),
    EntityType("branch", "91", 0.060, "分公司", (0.60, 0.32, 0.07, 0.01)),
    EntityType("cooperative", "93", 0.030, "专业合作社", (0.80, 0.19, 0.01, 0.0)),
    EntityType("social_organisation", "52", 0.005, "服务中心", (0.70, 0.25, 0.05, 0.0)),
    EntityType("public_institution", "12", 0.003, "服务站", (0.40, 0.40, 0.15, 0.05)),
    EntityType("other", "99", 0.002, "服务部", (0.80, 0.20, 0.0, 0.0)),
)
SIZES = ("micro", "small", "medium", "large")
SIZE_RISK = (0.10, 0.0, -0.15, -0.30)
SIZE_ACTIVITY = (0.85, 1.15, 1.6, 2.2)
"""The larger, the more often visited: the bias that a fair score has to divide away."""

STATUSES = (
    "active",
    "dormant",
    "suspended",
    "revoked",
    "deregistered",
    "moved",
    "liquidation",
    "restructuring",
)
STATUS_SHARES = (0.955, 0.008, 0.003, 0.010, 0.015, 0.006, 0.002, 0.001)
GONE = ("revoked", "deregistered", "moved")

SYLLABLES = tuple("安柏辰鼎恩枫谷禾嘉锦凯岚茗宁鹏启瑞盛桐维熙雅泽舟")
"""Two of them make a trade name; with 虚构 before it nobody is called so."""


class Department(NamedTuple):
    """A fictional department: the mark in its document numbers, and the fields it is competent for."""

    name: str
    mark: str
    fields: tuple[str, ...]


DEPARTMENTS = (
    Department(
        "市场监管局", "市监", ("food", "drugs", "medical_devices", "special_equipment", "market", "ip")
    ),
    Department("卫生健康局", "卫", ("public_health",)),
    Department("医疗保障局", "医保", ("medical_insurance",)),
    Department("生态环境局", "环", ("environment",)),
    Department("应急管理局", "应急", ("hazardous_chemicals", "work_safety")),
    Department("消防救援局", "消", ("fire",)),
    Department("人力社保局", "人社", ("labour",)),
    Department("交通运输局", "交", ("transport",)),
    Department("住房建设局", "建", ("construction",)),
    Department("文旅体育局", "文旅", ("culture_tourism",)),
    Department("经信科技局", "科", ("science_technology",)),
    Department("金融服务中心", "金", ("finance",)),
    Department("税务局", "税", ("tax",)),
    Department("发展改革局", "发改", ("credit",)),
)

FIELDS = tuple(chain.from_iterable(department.fields for department in DEPARTMENTS))
