#include "cmd/config.h"

#include "cmd/config_properties.h"
#include "cmd/config_value.h"
#include "cmd/nearest.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_AUTO_MAX = 4, NAME_MAX_BYTES = 64 };

const vt_config_row vt_config_rows[] = {
#define VT_CONFIG_ROW(field, type, flag, environment, familiar, fallback, commands, least, most, choices, help)        \
    {#field,   VT_CONFIG_##type, offsetof(vt_config, field),                                                           \
     flag,     environment,      familiar,                                                                             \
     fallback, commands,         least,                                                                                \
     most,     choices,          help},
    VT_CONFIG_MAP(VT_CONFIG_ROW)
#undef VT_CONFIG_ROW
};

/* Where each row is. */
enum {
#define VT_CONFIG_INDEX(field, ...) ROW_##field,
    VT_CONFIG_MAP(VT_CONFIG_INDEX)
#undef VT_CONFIG_INDEX
};

enum { ROWS_COUNT = sizeof vt_config_rows / sizeof *vt_config_rows };
const size_t vt_config_rows_count = ROWS_COUNT;

/* What is being parsed, and what the flags gave: values[i] belongs to vt_config_rows[i], NULL when not given. */
typedef struct parse {
    vt_command_id command;
    vt_config_environment *environment;
    void *context;
    const char *values[ROWS_COUNT];
    char properties[VT_CONFIG_TEXT_MAX + 1]; /* of all flags of a row of properties, which no command has two of */
    vt_config *config;
    char *reason; /* VT_CONFIG_REASON_MAX */
} parse;

static bool is_taken(const vt_config_row *row, vt_command_id command) {
    return (row->commands & 1U << command) != 0;
}

/* Whether `word`, of `len` bytes, is the row's flag. */
static bool is_flag(const vt_config_row *row, const char *word, size_t len) {
    if (row->type == VT_CONFIG_PROPERTIES) {
        size_t prefix_len = strcspn(row->flag, ".") + 1;
        return len >= prefix_len && memcmp(row->flag, word, prefix_len) == 0;
    }
    return row->flag != NULL && strlen(row->flag) == len && memcmp(row->flag, word, len) == 0;
}

/* Whether `word` is what the flag of a secret would be called. */
static bool is_secret_named(const vt_config_row *row, const char *word, size_t len) {
    if (row->type != VT_CONFIG_SECRET || strlen(row->field) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (word[i] != (row->field[i] == '_' ? '-' : row->field[i])) {
            return false;
        }
    }
    return true;
}

/* Says why `word` is not a flag of the command. */
static vt_err refuse_flag(parse *self, const char *word, size_t len) {
    const char *command = vt_commands[self->command].name;
    char name[VT_NEAREST_WORD_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int) (len < sizeof name ? len : sizeof name - 1), word);
    const char *nearest = NULL;
    size_t distance = vt_nearest_limit(name);
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        const vt_config_row *row = &vt_config_rows[i];
        if (is_secret_named(row, word, len)) {
            return vt_config_refuse(
                self->reason,
                "--%s: flags are seen by other users; set %s, or %s_FILE to the path of a file that holds it", name,
                row->environment, row->environment);
        }
        if (is_taken(row, self->command) && row->flag != NULL) {
            vt_nearest_offer(name, row->flag, &nearest, &distance);
        }
    }
    if (nearest == NULL) {
        return vt_config_refuse(self->reason, "--%s: `votaton %s` has no such flag; see `votaton help %s`", name,
                                command, command);
    }
    return vt_config_refuse(self->reason, "--%s: `votaton %s` has no such flag; did you mean --%s?", name, command,
                            nearest);
}

/* Takes one more property, "kafka.NAME". */
static vt_err take_property(parse *self, const vt_config_row *row, const char *word, size_t len, const char *value) {
    size_t prefix_len = strcspn(row->flag, ".") + 1;
    char source[NAME_MAX_BYTES];
    snprintf(source, sizeof source, "--%.*s", (int) (len < sizeof source ? len : sizeof source - 1), word);
    return vt_config_property_add(self->properties, source, vt_slice_of(word + prefix_len, len - prefix_len),
                                  vt_slice_str(value), self->reason);
}

/* Takes argv[*at], a flag, and its value, which may be the next argument. */
static vt_err take_flag(parse *self, int argc, const char *const *argv, int *at) {
    const char *word = strcmp(argv[*at], "-h") == 0 ? "help" : argv[*at] + 2;
    size_t len = strcspn(word, "=");
    size_t i = 0;
    while (i < ROWS_COUNT && !(is_taken(&vt_config_rows[i], self->command) && is_flag(&vt_config_rows[i], word, len))) {
        i++;
    }
    if (i == ROWS_COUNT) {
        return refuse_flag(self, word, len);
    }
    const vt_config_row *row = &vt_config_rows[i];
    const char *value;
    if (word[len] == '=') {
        value = word + len + 1;
    } else if (row->type == VT_CONFIG_SWITCH) {
        value = "true";
    } else if (*at + 1 < argc) {
        value = argv[++*at];
    } else {
        return vt_config_refuse(self->reason, "--%s: needs a value", row->flag);
    }
    if (row->type == VT_CONFIG_PROPERTIES) {
        return take_property(self, row, word, len, value);
    }
    self->values[i] = value;
    return VT_OK;
}

static vt_err take_argument(parse *self, const char *argument) {
    const vt_command *command = &vt_commands[self->command];
    if (self->config->arguments_count == command->arguments_max) {
        return vt_config_refuse(self->reason, "%.64s: `votaton %s` takes %s", argument, command->name,
                                command->arguments_max == 0 ? "flags only" : command->arguments);
    }
    self->config->arguments[self->config->arguments_count++] = argument;
    return VT_OK;
}

static vt_err take_all(parse *self, int argc, const char *const *argv) {
    vt_err err = VT_OK;
    bool flags_may_follow = true;
    for (int at = 0; err == VT_OK && at < argc; at++) {
        const char *word = argv[at];
        if (flags_may_follow && strcmp(word, "--") == 0) {
            flags_may_follow = false;
        } else if (flags_may_follow && (strncmp(word, "--", 2) == 0 || strcmp(word, "-h") == 0)) {
            err = take_flag(self, argc, argv, &at);
        } else if (flags_may_follow && word[0] == '-' && word[1] != '\0') {
            err = vt_config_refuse(self->reason, "%.64s: flags begin with two dashes", word);
        } else {
            err = take_argument(self, word);
        }
    }
    return err;
}

/* An empty variable is one that is not set, as deployment files leave them. */
static const char *look_up(const parse *self, const char *name) {
    const char *value = name == NULL ? NULL : self->environment(self->context, name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Takes the value of one of the row's variables, or of the file that it names, if there is one. */
static vt_err set_variable(const parse *self, const vt_config_row *row, const char *name, bool *is_set) {
    char file_name[NAME_MAX_BYTES];
    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    const char *value = look_up(self, name);
    const char *path = vt_config_value_is_secret(row) ? look_up(self, file_name) : NULL;
    *is_set = value != NULL || path != NULL;
    if (value != NULL && path != NULL) {
        return vt_config_refuse(self->reason, "%s: set it or %s, not both", name, file_name);
    }
    if (path != NULL) {
        return vt_config_value_read_secret(row, path, file_name, self->config, self->reason);
    }
    return value == NULL ? VT_OK : vt_config_value_set(row, value, name, self->config, self->reason);
}

/* A familiar variable gives the whole value, but for an address, of which it gives the port. */
static vt_err set_familiar(const parse *self, const vt_config_row *row) {
    bool is_set = false;
    if (row->type != VT_CONFIG_ADDRESS) {
        return set_variable(self, row, row->familiar, &is_set);
    }
    const char *value = look_up(self, row->familiar);
    if (value == NULL) {
        return VT_OK;
    }
    char address[NAME_MAX_BYTES];
    int host_len = (int) (strrchr(row->fallback, ':') - row->fallback);
    int len = snprintf(address, sizeof address, "%.*s:%s", host_len, row->fallback, value);
    bool is_port = len > 0 && (size_t) len < sizeof address && value[strspn(value, "0123456789")] == '\0';
    if (!is_port || vt_config_value_set(row, address, row->familiar, self->config, self->reason) != VT_OK) {
        return vt_config_refuse(self->reason, "%s: must be a port, 0 to 65535", row->familiar);
    }
    return VT_OK;
}

static vt_err set_row(const parse *self, size_t i) {
    const vt_config_row *row = &vt_config_rows[i];
    if (row->fallback != NULL) {
        vt_err err = vt_config_value_set(row, row->fallback, row->field, self->config, self->reason);
        if (err != VT_OK) {
            return err;
        }
    }
    if (!is_taken(row, self->command)) {
        return VT_OK;
    }
    if (self->values[i] != NULL) {
        char source[NAME_MAX_BYTES];
        snprintf(source, sizeof source, "--%s", row->flag);
        return vt_config_value_set(row, self->values[i], source, self->config, self->reason);
    }
    bool is_set = false;
    vt_err err = row->environment == NULL ? VT_OK : set_variable(self, row, row->environment, &is_set);
    if (err == VT_OK && row->type == VT_CONFIG_PROPERTIES) {
        err = vt_config_value_set(row, self->properties, row->flag, self->config, self->reason);
    }
    return err == VT_OK && !is_set && row->familiar != NULL ? set_familiar(self, row) : err;
}

/* A host name may begin like an address, and lead anywhere. */
static bool is_ipv4(vt_slice host) {
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if (host.len >= sizeof text) {
        return false;
    }
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

bool vt_config_is_loopback(const char *address) {
    const char *colon = strrchr(address, ':');
    vt_slice host = vt_slice_of(address, colon == NULL ? strlen(address) : (size_t) (colon - address));
    return vt_slice_eq_nocase(host, VT_SLICE("localhost")) || vt_slice_eq(host, VT_SLICE("[::1]")) ||
           (vt_slice_starts_with(host, VT_SLICE("127.")) && is_ipv4(host));
}

static uint32_t one_for_each_cpu(uint32_t threads) {
    long cpus = threads == 0 ? sysconf(_SC_NPROCESSORS_ONLN) : (long) threads;
    return threads > 0 ? threads : cpus < 1 ? 1 : cpus > THREADS_AUTO_MAX ? THREADS_AUTO_MAX : (uint32_t) cpus;
}

static vt_err check_admin(const parse *self) {
    const vt_config *config = self->config;
    bool serves = is_taken(&vt_config_rows[ROW_admin_token], self->command);
    if (serves && !vt_config_is_loopback(config->admin_listen) && config->admin_token[0] == '\0') {
        return vt_config_refuse(self->reason,
                                "--admin-listen (VOTATON_ADMIN_LISTEN): %.64s is reached from other machines and needs "
                                "VOTATON_ADMIN_TOKEN or VOTATON_ADMIN_TOKEN_FILE",
                                config->admin_listen);
    }
    return VT_OK;
}

static vt_err check_arguments(const parse *self) {
    const vt_command *command = &vt_commands[self->command];
    if (self->config->arguments_count < command->arguments_min) {
        return vt_config_refuse(self->reason, "%s is missing: votaton %s %s", command->arguments, command->name,
                                command->arguments);
    }
    return VT_OK;
}

/* The familiar variables of Kafka give a ledger together, where none is given. */
static vt_err join_kafka_variables(const parse *self) {
    vt_config *config = self->config;
    bool is_given = self->values[ROW_ledger] != NULL || look_up(self, vt_config_rows[ROW_ledger].environment) != NULL;
    if (is_given || (config->kafka_brokers[0] == '\0' && config->kafka_topic[0] == '\0')) {
        return VT_OK;
    }
    if (config->kafka_brokers[0] == '\0' || config->kafka_topic[0] == '\0') {
        return vt_config_refuse(self->reason, "KAFKA_BROKERS and KAFKA_TOPIC: only both together name a ledger");
    }
    int len =
        snprintf(config->ledger, sizeof config->ledger, "kafka://%s/%s", config->kafka_brokers, config->kafka_topic);
    if (len < 0 || (size_t) len >= sizeof config->ledger) {
        return vt_config_refuse(self->reason, "KAFKA_BROKERS and KAFKA_TOPIC: are longer than %d bytes together",
                                VT_CONFIG_TEXT_MAX);
    }
    return VT_OK;
}

static vt_err check_ledger(const parse *self) {
    vt_config *config = self->config;
    if (!is_taken(&vt_config_rows[ROW_kafka_brokers], self->command)) {
        if (config->ledger[0] == '\0') {
            strcpy(config->ledger, "sqlite:");
        }
        bool is_known = strcmp(config->ledger, "null:") == 0 || strcmp(config->ledger, "sqlite:") == 0;
        return is_known ? VT_OK : vt_config_refuse(self->reason, "--ledger (VOTATON_LEDGER): must be sqlite: or null:");
    }
    bool takes_data = is_taken(&vt_config_rows[ROW_data], self->command);
    if (takes_data && self->values[ROW_data] != NULL && self->values[ROW_ledger] == NULL) {
        strcpy(config->ledger, "sqlite:"); /* a flag stands before what the environment says of the ledger */
        return VT_OK;
    }
    vt_err err = join_kafka_variables(self);
    if (err == VT_OK && takes_data && config->ledger[0] == '\0') {
        strcpy(config->ledger, "sqlite:");
    }
    if (err == VT_OK && !vt_config_is_in_kafka(config)) {
        if (takes_data && strcmp(config->ledger, "sqlite:") == 0) {
            return VT_OK;
        }
        return vt_config_refuse(self->reason,
                                "--ledger (VOTATON_LEDGER): must be kafka://HOST:PORT[,HOST:PORT…]/TOPIC, "
                                "or set KAFKA_BROKERS and KAFKA_TOPIC");
    }
    return err;
}

/* A store that the command takes must be given. */
static vt_err check_store(const parse *self, size_t row_index, const char *form) {
    const vt_config_row *row = &vt_config_rows[row_index];
    const char *value = vt_config_value_at(row, self->config);
    if (!is_taken(row, self->command) || value[0] != '\0') {
        return VT_OK;
    }
    return vt_config_refuse(self->reason, "--%s is missing (or %s, or %s): %s", row->flag, row->environment,
                            row->familiar, form);
}

/* Commands that derive stores take a data directory, too. With a ledger in Kafka they work on what is given of its
 * stores; without one they must not work on another directory than somebody thinks of who named those. */
static vt_err check_derived_stores(const parse *self) {
    const vt_config *config = self->config;
    const char *command = vt_commands[self->command].name;
    bool has_one = config->tally[0] != '\0' || config->log[0] != '\0';
    bool has_flag = self->values[ROW_tally] != NULL || self->values[ROW_log] != NULL;
    bool has_data = self->values[ROW_data] != NULL || look_up(self, vt_config_rows[ROW_data].environment) != NULL;
    if (vt_config_is_in_kafka(config)) {
        return has_one ? VT_OK
                       : vt_config_refuse(
                             self->reason,
                             "--tally and --log are missing: `votaton %s` of a ledger in Kafka needs at least one",
                             command);
    }
    if (has_flag || (has_one && !has_data)) {
        return vt_config_refuse(self->reason,
                                "--ledger is missing (or KAFKA_BROKERS and KAFKA_TOPIC): `votaton %s` of --tally or "
                                "--log needs a ledger in Kafka; a data directory goes by --data without them",
                                command);
    }
    return VT_OK;
}

static vt_err check_stores(const parse *self) {
    bool takes_tally = is_taken(&vt_config_rows[ROW_tally], self->command);
    if (takes_tally && is_taken(&vt_config_rows[ROW_data], self->command)) {
        return check_derived_stores(self);
    }
    vt_err err = check_store(self, ROW_tally, "redis://HOST:PORT");
    return err == VT_OK ? check_store(self, ROW_log, "mongodb://HOST:PORT/DATABASE.COLLECTION") : err;
}

/* With the topic: contests that share brokers must not share members. */
static void name_group(const parse *self) {
    vt_config *config = self->config;
    const char *slash = strrchr(config->ledger, '/');
    if (config->group[0] == '\0' && is_taken(&vt_config_rows[ROW_group], self->command) && slash != NULL) {
        snprintf(config->group, sizeof config->group, "votaton-%s-%.*s", vt_commands[self->command].name,
                 VT_CONFIG_TEXT_MAX / 2, slash + 1);
    }
}

/* What depends on more than one setting, or on the machine. */
static vt_err finish(const parse *self) {
    vt_config *config = self->config;
    config->threads = one_for_each_cpu(config->threads);
    config->workers = one_for_each_cpu(config->workers);
    vt_err err = check_admin(self);
    if (err == VT_OK) {
        err = check_arguments(self);
    }
    if (err == VT_OK) {
        err = check_ledger(self);
    }
    name_group(self);
    return err == VT_OK ? check_stores(self) : err;
}

bool vt_config_is_in_kafka(const vt_config *config) {
    return strncmp(config->ledger, "kafka://", 8) == 0;
}

vt_err vt_config_parse(vt_command_id command, int argc, const char *const *argv, vt_config_environment *environment,
                       void *context, vt_config *out, char reason[VT_CONFIG_REASON_MAX]) {
    vt_config config = {.command = command};
    parse self = {
        .command = command, .environment = environment, .context = context, .config = &config, .reason = reason};
    vt_err err = take_all(&self, argc, argv);
    for (size_t i = 0; err == VT_OK && i < ROWS_COUNT; i++) {
        err = set_row(&self, i);
    }
    if (err == VT_OK && !config.help) {
        err = finish(&self);
    }
    if (err == VT_OK) {
        *out = config;
    }
    explicit_bzero(&config, sizeof config);
    return err;
}
