"""How often a fault is made, and the seed of what is random about it."""

import os
import random
import time

LONG = bool(os.environ.get("VOTATON_LONG"))
ROUNDS = 20 if LONG else 3


def new_dice() -> random.Random:
    """Prints its seed, which VOTATON_SEED sets."""
    seed = int(os.environ.get("VOTATON_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed} (VOTATON_SEED), {ROUNDS} rounds")
    return random.Random(seed)
