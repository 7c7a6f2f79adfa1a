"""Figures of supervision: colours, movers, visits, clocks and objections, in the order of codes;
no league of anybody.
"""
