"""What comes in: source maps, readers, refused rows, and clustering by enterprise."""

from scoring.records.intake import Intake, id_ranges, read_sources, write_tables
from scoring.records.link.accounting import FileCounts, SourceCounts
from scoring.records.map.sources import SourceMap, SourceSpec, load_source_map, parse_source, shipped_maps

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
