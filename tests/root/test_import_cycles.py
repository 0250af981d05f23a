"""No import cycle exists, between modules or between folders, deferred imports included."""

from __future__ import annotations

import grimp


def test_no_module_imports_itself_in_a_circle():
    graph = grimp.build_graph("tunebook", cache_dir=None)
    for module in sorted(graph.modules):
        for target in graph.find_modules_directly_imported_by(module):
            back = graph.find_shortest_chain(importer=target, imported=module)
            assert back is None, f"{module} -> {' -> '.join(back)}"
