"""Real servers on loopback: Kafka, Redis, a server of the MongoDB protocol, Prometheus.

Each is a Server (server.py) in a folder of its own. `./dev testbed` (cli.py) keeps one of each; tests start their own.
"""
