"""The law beside a policy: finality, use and restoration of records, the register of versions."""
