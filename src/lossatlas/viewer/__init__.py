"""The viewer: results in a browser, from a server or from one self-contained file.

``documents`` is what travels, ``gather`` makes it of results, ``server`` serves it with the built client in ``static/``. The client is
written in TypeScript (``viewer-client/``); its types are generated from ``documents`` by ``types``.
"""
