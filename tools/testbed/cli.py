"""./dev testbed: real servers on loopback, to try the roles on by hand.

up [--brokers 1|3]  start what does not run; data and ports of what was killed are kept
urls                print KAFKA=…, REDIS=…, MONGO=…, PROMETHEUS=…: what --ledger, --tally and --log take
down                end the servers and delete their data
"""

import argparse
import sys
from pathlib import Path

from testbed import bed
from testbed.kafka_cache import prepare_cache
from testbed.server import CACHE, ServerError


def _print_urls(found: bed.Testbed) -> None:
    for name, url in found.urls().items():
        print(f"{name}={url}")


def _urls(folder: Path) -> int:
    found = bed.find(folder)
    if found is None:
        print("the testbed is down: ./dev testbed up", file=sys.stderr)
        return 1
    _print_urls(found)
    if missing := found.missing():
        print(f"not running: {', '.join(missing)}; ./dev testbed up starts them again", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev testbed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["up", "down", "urls", "prepare-cache"], metavar="up|down|urls")
    parser.add_argument("--brokers", type=int, choices=[1, 3], help="Kafka brokers (default: 1)")
    parser.add_argument("--folder", type=Path, default=CACHE / "testbed", help="where data and logs lie")
    return parser.parse_args()


def main() -> int:
    options = _options()
    folder = options.folder.absolute()
    try:
        match options.command:
            case "up":
                _print_urls(bed.up(folder, options.brokers))
            case "down":
                bed.down(folder)
            case "urls":
                return _urls(folder)
            case "prepare-cache":
                prepare_cache()
    except ServerError as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
