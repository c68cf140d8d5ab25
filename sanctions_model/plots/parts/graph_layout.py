"""Where the boxes and lines of a layered graph go: pure geometry, in inches, y downwards.

Layers run from top to bottom; a line that passes a layer gets a lane there, so that it crosses no
box. This module knows no model and draws nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np

type Point = tuple[float, float]
type Rectangle = tuple[float, float, float, float]
type _Pair = tuple[str, str]
type _Node = str | tuple[_Pair, int]

_RESTARTS, _SWEEPS, _SETTLING = 12, 6, 60
_ROUNDS, _FORBIDDEN = 4, 100.0
_LANE = 0.34
_BOX_GAP = 0.16
_PORT = 0.3
_AROUND = 0.2  # room above and below a label
# A line bends less readily in its lanes than where it leaves a box.
_STRAIGHT = {0: 1.0, 1: 3.0, 2: 8.0}


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of the boxes, routes of the lines, and the size of the whole.

    `routes`: from the source's edge to the target's; points 1 and 2, 3 and 4, and so on are the
    ends of straight vertical lanes, everything between is a curve with vertical ends.
    """

    centres: Mapping[str, Point]
    routes: Mapping[_Pair, tuple[Point, ...]]
    width: float
    height: float


def layered_layout(
    sizes: Mapping[str, Point],
    edges: Sequence[_Pair],
    back: Sequence[_Pair],
    *,
    labels: Mapping[_Pair, Point],
    width: float,
) -> Layout:
    """Lay out a graph whose forward edges form a DAG.

    `sizes`: width and height of each node's box. `edges`: source and target; together with no
    cycle. `back`: edges against the layers. `labels`: width and height of what is to be written on
    each line. `width`: to be kept to if the boxes of a layer fit.
    """
    layer = _layers(tuple(sizes), edges)
    downwards = [*edges, *((target, source) for source, target in back)]
    chains = [_chain(layer, pair, position) for position, pair in enumerate(downwards)]
    rows: list[list[_Node]] = [[] for _ in range(max(layer.values()) + 1)]
    for name, place in layer.items():
        rows[place].append(name)
    for pair, chain in zip(downwards, chains, strict=True):
        for step, node in enumerate(chain[1:-1], start=1):
            rows[layer[pair[0]] + step].append(node)
    segments = [segment for chain in chains for segment in pairwise(chain)]
    rows = _ordered(rows, segments)
    wide = {
        node: sizes[node][0] if isinstance(node, str) else _LANE for row in rows for node in row
    }
    boxes = [[wide[node] for node in row if isinstance(node, str)] for row in rows]
    width = max(width, *(sum(row) + _BOX_GAP * len(row) for row in boxes))
    across = _across(rows, segments, wide, width)
    tall = [max(sizes[n][1] for n in row if isinstance(n, str)) for row in rows]
    clear = [0.0] * len(rows)
    for pair, chain in zip(downwards, chains, strict=True):
        if len(chain) == 2:  # its label has this gap alone
            tallest = max(labels.get(pair, (0, 0))[1], labels.get(pair[::-1], (0, 0))[1])
            clear[layer[pair[0]]] = max(clear[layer[pair[0]]], tallest + _AROUND)
    middles, height = _down(rows, segments, tall, clear)
    centres = {name: (across[name], middles[place]) for name, place in layer.items()}
    ports = _ports(chains, across, sizes)
    routes = {}
    for position, (pair, chain) in enumerate(zip(downwards, chains, strict=True)):
        upper, lower = pair
        points = [(ports[position, 0], centres[upper][1] + sizes[upper][1] / 2)]
        for step, node in enumerate(chain[1:-1], start=1):
            place = layer[upper] + step
            half = tall[place] / 2
            points += [(across[node], middles[place] - half), (across[node], middles[place] + half)]
        points.append((ports[position, 1], centres[lower][1] - sizes[lower][1] / 2))
        if position < len(edges):
            routes[pair] = tuple(points)
        else:
            routes[lower, upper] = tuple(reversed(points))
    return Layout(centres=centres, routes=routes, width=width, height=height)


def _layers(names: Sequence[str], edges: Sequence[_Pair]) -> dict[str, int]:
    """Layer by longest path from above; a node without parents stands close to its children."""
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(names)
    generations = enumerate(nx.topological_generations(graph))
    found = {name: place for place, row in generations for name in row}
    for name in names:
        children = [found[child] for child in graph.successors(name)]
        if children and not graph.in_degree(name):
            found[name] = min(children) - 1
    return {name: found[name] for name in names}


def _chain(layer: Mapping[str, int], pair: _Pair, position: int) -> list[_Node]:
    """Return the line's stations: a node, one lane a layer in between, a node."""
    upper, lower = pair
    # Lines there and back between two boxes have lanes of their own.
    label = (f"{upper} {position}", lower)
    lanes: list[_Node] = [(label, place) for place in range(layer[upper] + 1, layer[lower])]
    return [upper, *lanes, lower]


def _ordered(
    rows: Sequence[Sequence[_Node]], segments: Sequence[tuple[_Node, _Node]]
) -> list[list[_Node]]:
    """Order each row so that few segments cross: barycentres, then swaps, from several starts."""
    generator = np.random.default_rng(0)
    crossing = _Crossings(rows, segments)
    best = [list(row) for row in rows]
    fewest = crossing.total(best)
    for start in range(_RESTARTS):
        found = [list(row) for row in rows]
        if start:
            found = [[row[i] for i in generator.permutation(len(row))] for row in found]
        for sweep in range(_SWEEPS):
            crossing.sort_by_barycentre(found, upwards=sweep % 2 == 1)
        crossing.swap(found)
        count = crossing.total(found)
        if count < fewest:
            best, fewest = [list(row) for row in found], count
    return best


class _Crossings:
    """Segments by the gap between two rows that they cross."""

    def __init__(
        self, rows: Sequence[Sequence[_Node]], segments: Sequence[tuple[_Node, _Node]]
    ) -> None:
        place = {node: index for index, row in enumerate(rows) for node in row}
        self._gaps: list[list[tuple[_Node, _Node]]] = [[] for _ in rows]
        for upper, lower in segments:
            self._gaps[place[upper]].append((upper, lower))

    def total(self, rows: Sequence[Sequence[_Node]]) -> int:
        """Count all crossings."""
        return sum(self._between(rows, gap) for gap in range(len(rows) - 1))

    def _between(self, rows: Sequence[Sequence[_Node]], gap: int) -> int:
        if gap < 0 or not self._gaps[gap]:
            return 0
        upper = {node: place for place, node in enumerate(rows[gap])}
        lower = {node: place for place, node in enumerate(rows[gap + 1])}
        ends = np.array([(upper[a], lower[b]) for a, b in self._gaps[gap]])
        above = np.sign(ends[:, None, 0] - ends[None, :, 0])
        below = np.sign(ends[:, None, 1] - ends[None, :, 1])
        return int(np.count_nonzero(above * below < 0)) // 2

    def sort_by_barycentre(self, rows: list[list[_Node]], *, upwards: bool) -> None:
        """Sort each row by the mean place of its neighbours in the row before."""
        places = range(len(rows) - 2, -1, -1) if upwards else range(1, len(rows))
        for place in places:
            gap = self._gaps[place if upwards else place - 1]
            known = {node: i for i, node in enumerate(rows[place + 1 if upwards else place - 1])}
            near: dict[_Node, list[int]] = {}
            for upper, lower in gap:
                here, there = (upper, lower) if upwards else (lower, upper)
                near.setdefault(here, []).append(known[there])
            own = {node: float(i) for i, node in enumerate(rows[place])}
            rows[place].sort(key=lambda n: float(np.mean(near[n])) if n in near else own[n])

    def swap(self, rows: list[list[_Node]]) -> None:
        """Swap neighbours as long as that saves a crossing."""
        improved = True
        while improved:
            improved = False
            for place, row in enumerate(rows):
                near = self._neighbours(rows, place)
                for left in range(len(row) - 1):
                    first, second = near[row[left]], near[row[left + 1]]
                    if _crossed(second, first) < _crossed(first, second):
                        row[left], row[left + 1] = row[left + 1], row[left]
                        improved = True

    def _neighbours(
        self, rows: Sequence[Sequence[_Node]], place: int
    ) -> dict[_Node, tuple[list[int], list[int]]]:
        """Places of what each node of a row is joined to, in the row above and the one below."""
        near: dict[_Node, tuple[list[int], list[int]]] = {node: ([], []) for node in rows[place]}
        if place > 0:
            known = {node: i for i, node in enumerate(rows[place - 1])}
            for upper, lower in self._gaps[place - 1]:
                near[lower][0].append(known[upper])
        if place < len(rows) - 1:
            known = {node: i for i, node in enumerate(rows[place + 1])}
            for upper, lower in self._gaps[place]:
                near[upper][1].append(known[lower])
        return near


def _crossed(left: tuple[list[int], list[int]], right: tuple[list[int], list[int]]) -> int:
    """Count the crossings of the segments of two neighbours in a row."""
    return sum(
        here > there
        for own, others in zip(left, right, strict=True)
        for here in own
        for there in others
    )


def _across(
    rows: Sequence[Sequence[_Node]],
    segments: Sequence[tuple[_Node, _Node]],
    wide: Mapping[_Node, float],
    width: float,
) -> dict[_Node, float]:
    """Place nodes so that lines are straight: weighted least squares under the rows' orders."""
    near: dict[_Node, list[tuple[_Node, float]]] = {}
    for upper, lower in segments:
        weight = _STRAIGHT[(not isinstance(upper, str)) + (not isinstance(lower, str))]
        near.setdefault(upper, []).append((lower, weight))
        near.setdefault(lower, []).append((upper, weight))
    starts = [_starts(row, wide, width) for row in rows]
    found: dict[_Node, float] = {}
    for row, (offsets, slack) in zip(rows, starts, strict=True):
        found |= {node: x + slack / 2 for node, x in zip(row, offsets, strict=True)}
    for turn in range(_SETTLING):
        for row, (offsets, slack) in list(zip(rows, starts, strict=True))[:: 1 if turn % 2 else -1]:
            wished, weights = [], []
            for node in row:
                pulls = [*near.get(node, []), (node, 0.05)]
                total = sum(weight for _, weight in pulls)
                wished.append(sum(weight * found[other] for other, weight in pulls) / total)
                weights.append(total)
            free = _rising(np.array(wished) - offsets, np.array(weights))
            settled = np.clip(free, 0.0, slack) + offsets
            found |= {node: float(x) for node, x in zip(row, settled, strict=True)}
    return found


def _starts(
    row: Sequence[_Node], wide: Mapping[_Node, float], width: float
) -> tuple[np.ndarray, float]:
    """Leftmost places of a row's nodes, and how far the row can move to the right."""
    boxes = sum(wide[node] for node in row if isinstance(node, str))
    rest = sum(wide[node] for node in row if not isinstance(node, str)) + _BOX_GAP * len(row)
    squeeze = min(1.0, (width - boxes) / rest) if rest > 0 else 1.0
    ends, edge = [], 0.0
    for node in row:
        own = wide[node] * (1.0 if isinstance(node, str) else squeeze)
        ends.append(edge + own / 2)
        edge += own + _BOX_GAP * squeeze
    return np.array(ends), max(0.0, width - (edge - _BOX_GAP * squeeze))


def _rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the nearest nowhere falling sequence (pool adjacent violators)."""
    pools: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append([float(value), float(weight), 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (v, w, n), (other, more, count) = pools.pop(), pools.pop()
            pools.append([(v * w + other * more) / (w + more), w + more, n + count])
    return np.concatenate([np.full(int(n), v) for v, _, n in pools])


def _down(
    rows: Sequence[Sequence[_Node]],
    segments: Sequence[tuple[_Node, _Node]],
    tall: Sequence[float],
    clear: Sequence[float],
) -> tuple[list[float], float]:
    """Middles of the rows; busier gaps are taller, and all have room for their labels."""
    place = {node: index for index, row in enumerate(rows) for node in row}
    busy = [0] * len(rows)
    for upper, _ in segments:
        busy[place[upper]] += 1
    middles, edge = [], 0.0
    for index, height in enumerate(tall):
        middles.append(edge + height / 2)
        edge += height
        if index < len(rows) - 1:
            edge += max(clear[index], min(0.5, 0.29 + 0.02 * busy[index]))
    return middles, edge


def _ports(
    chains: Sequence[Sequence[_Node]],
    across: Mapping[_Node, float],
    sizes: Mapping[str, Point],
) -> dict[tuple[int, int], float]:
    """Where each line leaves and enters its boxes: side by side, in the order of where it goes."""
    sides: dict[tuple[_Node, int], list[tuple[float, int]]] = {}
    for position, chain in enumerate(chains):
        sides.setdefault((chain[0], 0), []).append((across[chain[1]], position))
        sides.setdefault((chain[-1], 1), []).append((across[chain[-2]], position))
    found = {}
    for (node, end), lines in sides.items():
        width = sizes[str(node)][0]
        apart = min(_PORT, 0.8 * width / len(lines))
        for slot, (_, position) in enumerate(sorted(lines)):
            found[position, end] = across[node] + (slot - (len(lines) - 1) / 2) * apart
    return found


def curves(route: Sequence[Point]) -> Iterator[tuple[Point, Point, Point, Point]]:
    """Yield the cubic curves of a route: start, two control points, end."""
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(route)):
        bend = 0.5 if index % 2 == 0 else 1.0 / 3.0
        yield (x0, y0), (x0, y0 + bend * (y1 - y0)), (x1, y1 - bend * (y1 - y0)), (x1, y1)


def place_labels(
    sizes: Sequence[Point],
    routes: Sequence[Sequence[Point]],
    boxes: Sequence[Rectangle],
    width: float,
) -> list[Point]:
    """Place a label on each route, off the boxes and the other labels and, if it can be, lines.

    `sizes`: width and height of each label. `routes`: of the labels' lines. `boxes`: left, top,
    right, bottom. `width`: of the whole picture. Returns: centres.
    """
    traces = [_trace(route) for route in routes]
    walls = [*boxes, (-1e9, -1e9, 0.0, 1e9), (width, -1e9, 1e9, 1e9)]
    places, costs = [], []
    for own, size in enumerate(sizes):
        others = [trace for other, trace in enumerate(traces) if other != own]
        inner = traces[own][2:-3]  # off the arrow's head
        centres, price = [], []
        for aside in (0.0, -0.5, 0.5):
            centres.append(inner + np.array([aside * (size[0] + 0.06), 0.0]))
            middle = 0.6 * np.abs(np.linspace(-0.5, 0.5, len(inner)))
            price.append(1.5 * abs(aside) + middle)
        places.append(np.concatenate(centres))
        costs.append(np.concatenate(price) + _standing_cost(places[own], size, others, walls))
    chosen = dict.fromkeys(range(len(sizes)), -1)
    order = sorted(chosen, key=lambda own: np.count_nonzero(costs[own] < _FORBIDDEN))
    for _ in range(_ROUNDS):
        for own in order:
            cost = costs[own].copy()
            for other, taken in chosen.items():
                if other != own and taken >= 0:
                    apart = np.abs(places[own] - places[other][taken])
                    room = np.add(sizes[own], sizes[other]) / 2
                    cost += _FORBIDDEN * (apart < room).all(axis=1)
            chosen[own] = int(np.argmin(cost))
    return [(float(x), float(y)) for x, y in (places[own][at] for own, at in chosen.items())]


def _trace(route: Sequence[Point]) -> np.ndarray:
    """Points along a route, some 0.05 inches apart."""
    found = [np.array(route[:1])]
    for corners in curves(route):
        start, first, second, end = np.array(corners)
        count = max(4, int(np.hypot(*(end - start)) / 0.05))
        t = np.linspace(0, 1, count + 1)[1:, None]
        found.append(
            (1 - t) ** 3 * start
            + 3 * (1 - t) ** 2 * t * first
            + 3 * (1 - t) * t**2 * second
            + t**3 * end
        )
    return np.concatenate(found)


def _standing_cost(
    centres: np.ndarray,
    size: Point,
    traces: Sequence[np.ndarray],
    walls: Sequence[Rectangle],
) -> np.ndarray:
    """Price of standing at each of the places: on a box it is forbidden, on a line it is dear."""
    half = np.array(size) / 2
    low, high = centres - half - 0.02, centres + half + 0.02
    cost = np.zeros(len(centres))
    for left, top, right, bottom in walls:
        within = (low < (right, bottom)).all(axis=1) & (high > (left, top)).all(axis=1)
        cost += _FORBIDDEN * within
    least, most = centres.min(axis=0) - half, centres.max(axis=0) + half
    for trace in traces:
        if (trace.max(axis=0) < least).any() or (trace.min(axis=0) > most).any():
            continue  # nowhere near
        inside = (np.abs(trace[None] - centres[:, None]) < half).all(axis=2)
        cost += 2.0 * inside.any(axis=1) + 0.3 * inside.sum(axis=1)
    return cost
