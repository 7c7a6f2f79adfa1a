"""Whatever file there is becomes canonical, linked rows, and every row that does not is counted."""

from scoring.records.intake import Intake, id_ranges, read_sources, write_tables
from scoring.records.link.accounting import FileCounts, SourceCounts
from scoring.records.map.source_map import SourceMap
from scoring.records.map.sources import SourceSpec, load_source_map, parse_source, shipped_maps

__all__ = [
    "FileCounts",
    "Intake",
    "SourceCounts",
    "SourceMap",
    "SourceSpec",
    "id_ranges",
    "load_source_map",
    "parse_source",
    "read_sources",
    "shipped_maps",
    "write_tables",
]
