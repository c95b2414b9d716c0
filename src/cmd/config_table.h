/* Every setting of votatón. The struct vt_config, the flags, the environment variables, --help and
 * docs/configuration.md are all made of this one table.
 *
 * X(field, type, flag, environment, familiar, default, commands, least, most, choices, help)
 *
 *   type         TEXT, PATH, URL, ADDRESS ("HOST:PORT"), NUMBER, DURATION (milliseconds; "500ms", "10s", "5m"),
 *                CHOICE (the index in `choices`, which are parted by "|"), SWITCH (false unless given),
 *                SECRET (text; no flag, as other users see a process's flags; also from the file that NAME_FILE names)
 *                SECRET_URL (may hold a password, which is never shown; also from the file that NAME_FILE names)
 *                PROPERTIES ("NAME=VALUE" lines; its flag may be given many times, each with one more NAME)
 *   flag         NULL: only the variable sets it. Two rows may share one when no command takes both
 *   familiar     a variable of other tools that is honoured after `environment`. PORT stands for the port alone.
 *   default      as it would be given; NULL: empty
 *   least, most  for NUMBER and DURATION (milliseconds)
 */
#ifndef VT_CMD_CONFIG_TABLE_H
#define VT_CMD_CONFIG_TABLE_H

#define VT_FOR(id) (1U << VT_COMMAND_##id)
#define VT_FOR_DATA (VT_FOR(RUN) | VT_FOR(VERIFY) | VT_FOR(REBUILD) | VT_FOR(CODES))
#define VT_FOR_CONSUMERS (VT_FOR(COUNT) | VT_FOR(ARCHIVE))
#define VT_FOR_RECOUNT (VT_FOR(VERIFY) | VT_FOR(REBUILD))
#define VT_FOR_TOPIC (VT_FOR(INGEST) | VT_FOR_CONSUMERS | VT_FOR_RECOUNT | VT_FOR(CODES))
#define VT_FOR_VOTES (VT_FOR(RUN) | VT_FOR(INGEST))
#define VT_FOR_PUBLIC (VT_FOR_VOTES | VT_FOR(WEB))
#define VT_FOR_SERVERS (VT_FOR_PUBLIC | VT_FOR_CONSUMERS)
#define VT_FOR_ALL ((1U << VT_COMMANDS_COUNT) - 1)

/* clang-format off */
#define VT_CONFIG_MAP(X) \
    X(listen, ADDRESS, "listen", "VOTATON_LISTEN", "PORT", "127.0.0.1:8080", VT_FOR_VOTES, 0, 0, NULL, \
      "where votes are taken, and by `run` results and pages served; port 0 picks a free one") \
    X(web_listen, ADDRESS, "listen", "VOTATON_LISTEN", "PORT", "0.0.0.0:8080", VT_FOR(WEB), 0, 0, NULL, \
      "where results and pages are served; port 0 picks a free one") \
    X(admin_listen, ADDRESS, "admin-listen", "VOTATON_ADMIN_LISTEN", NULL, "127.0.0.1:8081", \
      VT_FOR_SERVERS | VT_FOR(HEALTH), 0, 0, NULL, \
      "where metrics, status and health are served; needs the admin token unless it is a loopback address") \
    X(admin_token, SECRET, NULL, "VOTATON_ADMIN_TOKEN", NULL, NULL, VT_FOR_SERVERS, 0, 0, NULL, \
      "what the admin listener wants as `Authorization: Bearer …` when it is not on a loopback address") \
    X(data, PATH, "data", "VOTATON_DATA", NULL, "./data", VT_FOR_DATA, 0, 0, NULL, \
      "the directory that holds the ledger and all that is derived from it; `run` makes it") \
    X(contest, PATH, "contest", "VOTATON_CONTEST", NULL, NULL, VT_FOR_VOTES, 0, 0, NULL, \
      "the contest's file (YAML or JSON); without one any band may be voted for, without limits") \
    X(core, CHOICE, "core", "VOTATON_CORE", NULL, "native", VT_FOR_VOTES, 0, 0, "native|wasm", \
      "who reads and checks votes: the program itself, or the same code as WebAssembly in a sandbox, which always " \
      "reads those of /wasm and /rust") \
    X(ledger, URL, "ledger", "VOTATON_LEDGER", NULL, NULL, VT_FOR(RUN) | VT_FOR_TOPIC, 0, 0, NULL, \
      "`run`: `sqlite:` (the default) keeps votes in the data directory, `null:` takes votes, answers and forgets " \
      "them (benchmarks only); the other roles: `kafka://HOST:PORT[,HOST:PORT…]/TOPIC`; `verify` and `rebuild` take " \
      "either, `sqlite:` with --data, `kafka:` with --tally, --log or both; so does `codes`, to find the contest") \
    X(kafka_brokers, TEXT, NULL, "KAFKA_BROKERS", NULL, NULL, VT_FOR_TOPIC, 0, 0, NULL, \
      "`HOST:PORT[,HOST:PORT…]`: together with KAFKA_TOPIC the ledger, where none is given") \
    X(kafka_topic, TEXT, NULL, "KAFKA_TOPIC", NULL, NULL, VT_FOR_TOPIC, 0, 0, NULL, \
      "the topic of the ledger at KAFKA_BROKERS") \
    X(kafka_properties, PROPERTIES, "kafka.NAME", "VOTATON_KAFKA_PROPERTIES", NULL, NULL, VT_FOR_TOPIC, 0, 0, NULL, \
      "a property of librdkafka, as `--kafka.security.protocol=SASL_SSL`; in the variable one `NAME=VALUE` a line, " \
      "before those of the flags") \
    X(kafka_secret_properties, SECRET, NULL, "VOTATON_KAFKA_SECRET_PROPERTIES", NULL, NULL, VT_FOR_TOPIC, 0, 0, NULL, \
      "the same for properties that hold a secret, as `sasl.password=…`: one `NAME=VALUE` a line") \
    X(partitions, NUMBER, "partitions", "VOTATON_PARTITIONS", NULL, "0", VT_FOR(INGEST), 0, 256, NULL, \
      "of the topic, when it is made here, 0: 6; at most so many processes and threads count at a time") \
    X(replication, NUMBER, "replication", "VOTATON_REPLICATION", NULL, "0", VT_FOR(INGEST) | VT_FOR_CONSUMERS, 0, 32, NULL, \
      "copies of topics that are made here, one a broker; 0: the brokers' default") \
    X(delivery_timeout_ms, DURATION, "delivery-timeout", "VOTATON_DELIVERY_TIMEOUT", NULL, "10s", VT_FOR(INGEST), \
      100, 10000, NULL, "how long Kafka may take to store a vote; after it the vote is answered `unknown`") \
    X(tally, SECRET_URL, "tally", "VOTATON_TALLY", "REDIS_URL", NULL, \
      VT_FOR(COUNT) | VT_FOR(WEB) | VT_FOR_RECOUNT, 0, 0, NULL, \
      "`redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE][?key=NAME]`; NAME begins the keys of the contest") \
    X(log, SECRET_URL, "log", "VOTATON_LOG", "MONGO_URL", NULL, \
      VT_FOR(ARCHIVE) | VT_FOR(WEB) | VT_FOR_RECOUNT, 0, 0, NULL, \
      "`mongodb://…[/DATABASE[.COLLECTION]][?OPTIONS]`; without them `votaton.logs`") \
    X(store_timeout_ms, DURATION, "store-timeout", "VOTATON_STORE_TIMEOUT", NULL, "2s", \
      VT_FOR_CONSUMERS | VT_FOR(WEB) | VT_FOR_RECOUNT, 100, 60000, NULL, "how long Redis or MongoDB may take for one answer") \
    X(views, TEXT, "views", "VOTATON_VIEWS", NULL, "hash votos_banda {name}; hash votos_album {album}", VT_FOR(COUNT), \
      0, 0, NULL, "hashes and strings for dashboards in Redis: `hash KEY TEMPLATE` or `string KEY`, parted by " \
      "semicolons; a template has {name}, {album} and {year}. `none`: none") \
    X(workers, NUMBER, "workers", "VOTATON_WORKERS", NULL, "0", VT_FOR_CONSUMERS, 0, 64, NULL, \
      "threads among which partitions are shared; 0: one for each CPU, at most 4") \
    X(batch_records_max, NUMBER, "batch-records-max", "VOTATON_BATCH_RECORDS_MAX", NULL, "1000", VT_FOR_CONSUMERS, \
      1, 1000, NULL, "votes that are written at once, at most") \
    X(group, TEXT, "group", "VOTATON_GROUP", NULL, NULL, VT_FOR_CONSUMERS, 0, 0, NULL, \
      "the consumer group, the same for all processes of a role; without it `votaton-ROLE-TOPIC`") \
    X(instance, TEXT, "instance", "VOTATON_INSTANCE", NULL, NULL, VT_FOR_CONSUMERS, 0, 0, NULL, \
      "a name that is this process's alone and stays over restarts, so that it gets its partitions back at once; " \
      "without it any process takes them over") \
    X(threads, NUMBER, "threads", "VOTATON_THREADS", NULL, "0", VT_FOR_PUBLIC, 0, 64, NULL, \
      "threads that serve requests; 0: one for each CPU, at most 4") \
    X(queue_records_max, NUMBER, "queue-records-max", "VOTATON_QUEUE_RECORDS_MAX", NULL, "16384", VT_FOR_VOTES, \
      1000, 1048576, NULL, "votes that may wait for the ledger; further ones are answered `overloaded`") \
    X(group_records_max, NUMBER, "group-records-max", "VOTATON_GROUP_RECORDS_MAX", NULL, "5000", VT_FOR(RUN), \
      1, 100000, NULL, "votes that one transaction makes durable, at most") \
    X(connections_max, NUMBER, "connections-max", "VOTATON_CONNECTIONS_MAX", NULL, "10000", VT_FOR_PUBLIC, \
      1, 1000000, NULL, "open connections on the public listener; further ones are answered 503") \
    X(trusted_proxies, TEXT, "trusted-proxies", "VOTATON_TRUSTED_PROXIES", NULL, NULL, VT_FOR_VOTES, 0, 0, NULL, \
      "addresses and networks, parted by commas, whose X-Forwarded-For is believed: `10.0.0.0/8,::1`") \
    X(drain_timeout_ms, DURATION, "drain-timeout", "VOTATON_DRAIN_TIMEOUT", NULL, "10s", VT_FOR_PUBLIC, 0, 600000, \
      NULL, "how long requests in flight may take to finish when the server is told to stop") \
    X(contest_secret, SECRET, NULL, "CONTEST_SECRET", NULL, NULL, VT_FOR_VOTES | VT_FOR(CODES), 0, 0, NULL, \
      "what voters' hashes and codes are derived from; without it `run` makes one, once, in the data directory, and " \
      "`ingest` takes only contests that do not limit votes") \
    X(to, URL, "to", "VOTATON_SEND_TO", NULL, "http://127.0.0.1:8080", VT_FOR(SEND), 0, 0, NULL, \
      "where votes are sent: `http://HOST[:PORT][/path]` or `grpc://HOST:PORT`") \
    X(connections, NUMBER, "connections", "VOTATON_SEND_CONNECTIONS", NULL, "8", VT_FOR(SEND), 1, 4096, NULL, \
      "connections to send over") \
    X(streams, NUMBER, "streams", "VOTATON_SEND_STREAMS", NULL, "32", VT_FOR(SEND), 1, 128, NULL, \
      "requests in flight on each connection (gRPC; HTTP/1.1 has one)") \
    X(rate, NUMBER, "rate", "VOTATON_SEND_RATE", NULL, "0", VT_FOR(SEND), 0, 10000000, NULL, \
      "votes a second; 0: as fast as they are answered") \
    X(repeat, NUMBER, "repeat", "VOTATON_SEND_REPEAT", NULL, "1", VT_FOR(SEND), 1, 1000000, NULL, \
      "how often the whole file is sent, each time as new votes") \
    X(batch, NUMBER, "batch", "VOTATON_SEND_BATCH", NULL, "0", VT_FOR(SEND), 0, 1000, NULL, \
      "votes in one request, as an array; 0: one, without an array") \
    X(acks, PATH, "acks", "VOTATON_SEND_ACKS", NULL, NULL, VT_FOR(SEND), 0, 0, NULL, \
      "a file that gets the id of each vote that was acknowledged, one a line") \
    X(check, SWITCH, "check", "VOTATON_SEND_CHECK", NULL, NULL, VT_FOR(SEND), 0, 0, NULL, \
      "ask afterwards whether what was sent is what is counted; exit 1 if not") \
    X(results, URL, "results", "VOTATON_SEND_RESULTS", NULL, NULL, VT_FOR(SEND), 0, 0, NULL, \
      "where --check asks, `http://HOST[:PORT]`: that of `web` where votes go to `ingest`; without it the address of " \
      "--to") \
    X(retries, NUMBER, "retries", "VOTATON_SEND_RETRIES", NULL, "10", VT_FOR(SEND), 0, 1000, NULL, \
      "further attempts for a vote that was not answered or that the server asks to retry, with the same id") \
    X(timeout_ms, DURATION, "timeout", "VOTATON_SEND_TIMEOUT", NULL, "10s", VT_FOR(SEND), 100, 600000, NULL, \
      "how long one attempt may take") \
    X(count, NUMBER, "count", "VOTATON_CODES_COUNT", NULL, "100", VT_FOR(CODES), 1, 10000000, NULL, \
      "how many codes are made") \
    X(output, PATH, "output", "VOTATON_CODES_OUTPUT", NULL, NULL, VT_FOR(CODES), 0, 0, NULL, \
      "the file that gets the codes, one a line; it must not exist. Without it they are printed") \
    X(log_level, CHOICE, "log-level", "VOTATON_LOG_LEVEL", "LOG_LEVEL", "info", VT_FOR_DATA | VT_FOR_SERVERS, 0, 0, \
      "debug|info|warn|error", "the least important lines that are logged") \
    X(log_format, CHOICE, "log-format", "VOTATON_LOG_FORMAT", NULL, "auto", VT_FOR_DATA | VT_FOR_SERVERS, 0, 0, \
      "auto|text|json", "how log lines look; auto: text on a terminal, else JSON") \
    X(help, SWITCH, "help", NULL, NULL, NULL, VT_FOR_ALL, 0, 0, NULL, "explain the command")
/* clang-format on */

#endif
