"""The desk of officers and auditors: the enterprises of their areas."""
