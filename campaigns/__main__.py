"""``python3 run.py campaign NAME``: the full figure of what the tests sample."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import NoReturn

from campaigns import drifting, moves, mutations, same_results


@dataclass(frozen=True)
class Campaign:
    """Tests to run at full size, and the environment that makes them full."""

    what: str
    tests: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]


SPOKEN = ("-n", "0", "-s")
"""In one process, and what the tests print is shown: the figures are the result."""
SPREAD = ("-n", "2", "--dist", "load", "-rP")
"""In two processes; what the tests print is shown at the end."""

CAMPAIGNS = {
    "properties": Campaign(
        "性质：数万段随机历史 · properties over tens of thousands of random histories",
        ("tests/properties",),
        (("SISE_EXAMPLES", "400"),),
    ),
    "rights": Campaign(
        "行使权利从不变差：每项性质二十万段历史 · using a right never costs: 200,000 histories of each property",
        ("tests/properties/test_using_a_right.py", *SPREAD),
        (("SISE_RIGHTS", "200000"),),
    ),
    "district": Campaign(
        "两万户：确定性、单户等于批量、Spark 等于 DuckDB、账目 · 20,000 enterprises: determinism, single, Spark, ledger",
        ("tests/batch",),
        (("SISE_ENTERPRISES", "20000"), ("SISE_SINGLE", "20000")),
    ),
    "monotone": Campaign(
        "单调性：十万段历史 · monotone over 100,000 histories",
        ("tests/properties/test_properties.py", "-k", "never"),
        (("SISE_EXAMPLES", "250"), ("SISE_HISTORIES", "400")),
    ),
    "truth": Campaign(
        "解释的真实性：一千户的假设、预测与改善路径 · what is printed is true: 1,000 explanations, 200 paths by brute force",
        ("tests/truth",),
        (("SISE_TRUTH", "1000"), ("SISE_SHORTEST", "200")),
    ),
    "screens": Campaign(
        "四百户黄、红的首屏：不叫人做办不到的事，写明找谁 · 400 first screens of yellow and red: nothing that cannot be done, and whom to ask",
        ("tests/web/test_firm.py", *SPOKEN),
        (("SISE_SCREENS", "200"), ("SISE_DISTRICT", "20000")),
    ),
    "policies": Campaign(
        "评价规则的随机破坏 · random damages of policy files",
        ("tests/unit/policy",),
        (("SISE_MUTATIONS", "5000"), ("SISE_EDITS", "5000")),
    ),
    "wheel": Campaign(
        "安装包：缺省规模的演示 · the package: a demonstration of its default size",
        ("tests/wheel", *SPOKEN),
        (("SISE_DEMO", ""),),
    ),
    "forms": Campaign(
        "一万份损坏的表单和上传：不出错、内存有界、每行有来历 · 10,000 malformed forms and uploads: no fault, bounded memory, every row explained",
        ("tests/web/test_malformed_forms.py", *SPOKEN),
        (("SISE_FORMS", "10000"),),
    ),
    "every-policy": Campaign(
        "每部评价规则，含各行业：查询文本、入库、解释、页面 · every policy, all sectors: texts of queries, the store, explanations, pages",
        ("tests/unit/engine/test_compile.py", "tests/store/test_policy_forms.py", *SPREAD),
        (("SISE_EVERY_POLICY", "1"),),
    ),
    "files": Campaign(
        "两千个损坏的文件：拒绝，或与另一读法逐行相同 · 2,000 damaged files: refused, or as another reader reads them",
        ("tests/unit/records/test_mutated_files.py", *SPOKEN),
        (("SISE_FILES", "2000"),),
    ),
    "rules": Campaign(
        "来源映射、评价规则、模型定义各两千次损坏 · 2,000 damages each of maps, policies and definitions of models",
        ("tests/unit/records/test_mutated_maps.py", *SPOKEN),
        (("SISE_RULES", "6000"),),
    ),
    "workbooks": Campaign(
        "五百个生成的工作簿：行数与 XML 相同，或说明原因 · 500 generated workbooks: rows as the XML has, or a reason",
        ("tests/unit/records/test_workbooks.py", *SPOKEN),
        (("SISE_WORKBOOKS", "500"),),
    ),
    "order": Campaign(
        "一千次打乱：任意次序、分批、重复、两个写入者 · 1,000 shuffles: any order, any batches, twice, two writers",
        ("tests/store/test_order.py", "-k", "any_order", *SPOKEN),
        (("SISE_SHUFFLES", "1000"),),
    ),
    "daily": Campaign(
        "两千天的随机事实：接续上次的评价与全部重算逐位相同 · 2,000 days of random facts: a batch that goes on equals one over everybody",
        ("tests/store/test_daily.py", "-k", "each_day", *SPOKEN),
        (("SISE_DAILY", "2000"),),
    ),
    "meanwhile": Campaign(
        "五十人在大批导入期间录入：不出错、不丢失、重算相同 · 50 writers while an import goes in: none refused, none lost, replayed equal",
        ("tests/store/test_parts.py", "-k", "many_write", *SPOKEN),
        (("SISE_WRITERS_MEANWHILE", "50"),),
    ),
    "turning": Campaign(
        "没有日期届至，结果就不变：每条规则五千段历史 · no result changes without a date that falls due: 5,000 histories of each policy",
        ("tests/properties/test_turning.py", *SPREAD),
        (("SISE_TURNING", "5000"),),
    ),
    "codes": Campaign(
        "一百万个改动过的码：无一通过；两种核验程序判断相同 · 1,000,000 changed codes: none holds; whoever checks them agrees",
        ("tests/codes/test_mutations.py", "tests/browser/test_verifier.py", *SPOKEN),
        (("SISE_CODES", "1000000"), ("SISE_CODES_AGREEING", "20000"), ("SISE_CODES_SM2", "2000")),
    ),
    "legibility": Campaign(
        "每色六十张照片，按固定配方 · 60 photographs of each colour by a fixed recipe",
        ("tests/codes/test_legibility.py", *SPOKEN),
        (("SISE_PHOTOS", "60"),),
    ),
    "stickers": Campaign(
        "两万张贴纸，绘制时强杀：逐字节相同 · 20,000 stickers, killed while they are drawn: the same bytes",
        ("tests/codes/test_batch.py", "-k", "kills", *SPOKEN),
        (("SISE_BATCH", "20000"), ("SISE_BATCH_KILLS", "5")),
    ),
    "withheld": Campaign(
        "一万次猜测编号；四百个页面看不出不公开的颜色 · 10,000 guesses of ids; 400 pages that do not tell a hidden colour",
        ("tests/codes/test_code_pages.py", "-k", "guesses or withheld", *SPOKEN),
        (("SISE_GUESSES", "10000"), ("SISE_WITHHELD", "400"), ("SISE_CODED", "1500")),
    ),
    "kill": Campaign(
        "记录时五百次强杀 · 500 kills of a recording",
        ("tests/faults/test_kill.py", *SPOKEN),
        (("SISE_KILLS", "500"),),
    ),
    "resume": Campaign(
        "两万户：导入与批量各五十次强杀后续做 · 50 kills of an import and of a batch over 20,000 enterprises",
        ("tests/faults/test_resume.py", *SPOKEN),
        (("SISE_RESUMED", "50"), ("SISE_ENTERPRISES", "20000")),
    ),
    "power": Campaign(
        "断电：五百个崩溃映像 · 500 crash images of a power loss",
        ("tests/faults/test_power.py", *SPOKEN),
        (("SISE_IMAGES", "500"), ("SISE_POWER_FACTS", "40")),
    ),
    "full": Campaign(
        "磁盘在五十处写满 · the disk full at 50 points",
        ("tests/faults/test_disk_full.py", *SPOKEN),
        (("SISE_FULL_POINTS", "50"),),
    ),
    "tampering": Campaign(
        "两千次篡改 · 2,000 tamperings, on each database",
        ("tests/store/test_audit.py", "-k", "hand", *SPOKEN),
        (("SISE_TAMPERINGS", "2000"),),
    ),
    "hands": Campaign(
        "一人或两人的随机命令序列：五千段经过真实的库，二十万段只经判定 · random commands by one or two: 5,000 sequences through a store, 200,000 through the decision",
        ("tests/store/test_sequences.py", "tests/store/test_decide.py", *SPREAD),
        (("SISE_SEQUENCES", "5000"), ("SISE_DECISIONS", "200000")),
    ),
    "attacks": Campaign(
        "四千次攻击（PostgreSQL 五百次）：单元格、行、结构、规则文本、伪造的依法删除、改写的过去 · 4,000 attacks on SQLite and 500 on PostgreSQL",
        ("tests/store/test_attacks.py", *SPOKEN),
        (("SISE_ATTACKS", "4000"), ("SISE_ATTACKS_POSTGRESQL", "500")),
    ),
    "restore": Campaign(
        "恢复备份时五十次强杀 · 50 kills of a restoration",
        ("tests/store/test_restore_killed.py", *SPOKEN),
        (("SISE_RESTORES", "50"),),
    ),
    "replay": Campaign(
        "重算一万份评价，其间有修复和依法删除 · 10,000 past assessments replayed, some after restorations and deletions",
        ("tests/store/test_audit.py", "-k", "follows", *SPOKEN),
        (("SISE_STORE_ENTERPRISES", "4000"), ("SISE_RESTORED", "100")),
    ),
    "visits": Campaign(
        "一千次检查两边来：页面与文件，先后两种次序，一次仍是一次 · 1,000 visits both ways, screen and file, in both orders: one stays one",
        ("tests/inspection/test_both_ways.py", *SPOKEN),
        (("SISE_VISITS", "1000"),),
    ),
    "api": Campaign(
        "两万次接口请求：不出错，状态与说明相符 · 20,000 requests to the API: no fault, no status that is not described",
        ("tests/web/test_api.py", *SPOKEN),
        (("SISE_API", "20000"),),
    ),
    "load": Campaign(
        "五十名检查人员，每秒二十份结果，两种数据库，服务器中途被杀 · 50 inspectors, 20 results a second, on both databases, the server killed meanwhile",
        ("tests/inspection/test_many_inspectors.py", *SPOKEN),
        (("SISE_LOAD", "2000"),),
    ),
    "migration": Campaign(
        "五十次强杀迁移 · 50 kills of a migration",
        ("tests/faults/test_migration.py", *SPOKEN),
        (("SISE_MIGRATIONS", "50"),),
    ),
}


def main() -> NoReturn:
    """Runs the named campaign, or lists all of them."""
    if sys.argv[1:2] == ["same"]:
        sys.exit(same_results.main(sys.argv[2:]))
    if sys.argv[1:2] == ["mutations"]:
        sys.exit(mutations.main(sys.argv[2:]))
    if sys.argv[1:2] == ["drift"]:
        sys.exit(drifting.main(sys.argv[2:]))
    if sys.argv[1:2] == ["moves"]:
        sys.exit(moves.main(sys.argv[2:]))
    if len(sys.argv) < 2 or sys.argv[1] not in CAMPAIGNS:
        for name, campaign in CAMPAIGNS.items():
            print(f"{name:12} {campaign.what}")
        print(
            f"{'same':12} 与另一份检出比较：结果、解释、哈希逐字节相同 · equal to another checkout, byte for byte"
        )
        print(
            f"{'mutations':12} 有意改错的代码须被其所在部分的测试发现 · faults made on purpose are noticed by their own room"
        )
        print(
            f"{'drift':12} 漂移结论：不变的世界里误报多少，变了多久看出 · the drift verdict: false alarms, and how soon a fall is noticed"
        )
        print(
            f"{'moves':12} 新版规则涉及哪些主体、因哪种关系 · whom the new version moves, and by which relation"
        )
        sys.exit(0 if len(sys.argv) < 2 else 2)
    campaign = CAMPAIGNS[sys.argv[1]]
    command = [sys.executable, "-m", "pytest", "-v", "--durations=10", *campaign.tests, *sys.argv[2:]]
    sys.exit(
        subprocess.run(command, env={**os.environ, **dict(campaign.environment)}, check=False).returncode
    )


if __name__ == "__main__":
    main()
