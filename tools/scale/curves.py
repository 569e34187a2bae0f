"""A picture of how much faster more workers are, for simulate.py."""

from simulation import Outcome

WIDTH, HEIGHT, MARGIN = 640, 400, 50
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"]


def draw(lines: dict[str, list[Outcome]]) -> str:
    """A line for each of them, and the line of workers that never wait."""
    most = max(outcome.workers for outcomes in lines.values() for outcome in outcomes)

    def place(workers: float, worth: float) -> str:
        x = MARGIN + workers / most * (WIDTH - 2 * MARGIN)
        return f"{x:.1f},{HEIGHT - MARGIN - worth / most * (HEIGHT - 2 * MARGIN):.1f}"

    def text(x: float, y: float, words: str, more: str = "") -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{words}</text>'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             'font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<polyline points="{place(0, most)} {place(0, 0)} {place(most, 0)}" fill="none" stroke="black"/>',
             f'<polyline points="{place(0, 0)} {place(most, most)}" stroke="#aaa" stroke-dasharray="4"/>',
             text(WIDTH / 2, HEIGHT - 12, "workers", 'text-anchor="middle"'),
             text(MARGIN, MARGIN - 12, "as fast as so many that never wait")]
    for tick in range(0, most + 1, max(1, most // 5)):
        x, y = place(tick, tick).split(",")
        parts.append(text(float(x), HEIGHT - MARGIN + 16, str(tick), 'text-anchor="middle"'))
        parts.append(text(MARGIN - 8, float(y) + 4, str(tick), 'text-anchor="end"'))
    for number, (name, outcomes) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        alone = outcomes[0].bounds.get("workers", 0) * outcomes[0].workers
        points = " ".join(place(outcome.workers, alone / outcome.seconds) for outcome in outcomes if outcome.seconds)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(text(MARGIN + 20, MARGIN + 16 + 18 * number, name, f'fill="{colour}"'))
    return "\n".join([*parts, "</svg>"]) + "\n"
