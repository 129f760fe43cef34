"""How the documentation is built: MyST pages, Furo, and warnings as errors."""

project = "Saksi"
author = "The Saksi authors"
copyright = "The Saksi authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "Saksi"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
autodoc_typehints = "description"
suppress_warnings = ["myst.xref_missing"]
