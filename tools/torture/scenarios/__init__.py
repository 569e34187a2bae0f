"""What is done to be disturbed."""

from scenarios import builds, commands, networks
from scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for module in (builds, networks, commands) for scenario in module.SCENARIOS}
