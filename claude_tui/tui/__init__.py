"""The terminal screens: the only package that imports textual."""
